"""What each code of control flow means: loops, conditions, groups, names of steps.

In: nothing. Out: `FLOW_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

FLOW_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "bad-output": Code(
            "What leaves a group isn't the output of one of its steps.",
            "`outputs` of a group, of a way of a choice and of a pipeline name outputs of the "
            "steps in it: `model: ${{ steps.train.model }}`. A parameter, an item or a text can't "
            "leave.",
        ),
        "branch-outputs": Code(
            "The ways of a choice don't have the same outputs.",
            "What reads a choice gets the value of whichever way was taken. So every way has the "
            "same outputs of the same types, and the last way has no `if`.",
        ),
        "called-workspace": Code(
            "A pipeline that is called has a workspace, and the one that calls it has none.",
            "A run has one workspace: that of the pipeline that it is a run of. Give this one a "
            "`workspace` that is large enough for both.",
        ),
        "caller-decides": Code(
            "Fields of a called pipeline that don't count.",
            "`experiment`, `ttl`, `timeout` and `serviceAccount` are a run's, and a run has those "
            "of the pipeline that it is of. They count when the called one is run by itself.",
            "note",
        ),
        "conditional-output": Code(
            "A step that may not have run is read, or waited for.",
            "What is inside of an `if`, of a way of a `choose`, or guarded by `finally` can't be "
            "named from outside. Use a `choose` whose last way has no `if`, and read its outputs.",
        ),
        "duplicate-step": Code(
            "Two steps of a pipeline have the same name.",
            "Steps are Kubeflow's tasks under their own names, those inside of groups, too: a "
            "group has no names of its own.",
        ),
        "exit-step": Code(
            "A step that runs after failures, where Kubeflow Pipelines can't run it so.",
            "It makes a step with `ignoreUpstreamFailure` a hook of what the step waits for: such "
            "a step waits for one step or group alone, which is no loop and no import and has no "
            "other such step, it is no loop itself, and nothing waits for it. What is to run after "
            "several steps waits for a group of them. Told where an environment is a cluster.",
        ),
        "generated-name": Code(
            "A step has the name of a task that exai makes itself.",
            "A step with `if` or `forEach` is a group of one step, `NAME-do`, and its loop under "
            "an `if` is `NAME-each`; the ways of a choice are `NAME-1`, `NAME-2`; `finally` guards "
            "`exit-handler`; a claim is made by `create-NAME`, used in `with-NAME`, removed by "
            "`delete-NAME`.",
        ),
        "ignored-input": Code(
            "A step that runs after a failure needs what the failed step makes.",
            "With `ignoreUpstreamFailure` an input from another step may never come: take it for "
            "an input that has a default, or name the step in `after`.",
        ),
        "misplaced-else": Code(
            "A way of a choice without `if` that isn't the last of several.",
            "The ways are tried in order; the one without `if` is taken when no other was.",
        ),
        "not-carried-out": Code(
            "Something that Kubeflow Pipelines has a place for, and doesn't do.",
            "Its API takes affinity to pods and nobody reads it, it tries no import again, "
            "annotations of a claim end its driver up to 2.16, it refuses a run with a loop over "
            "files, and of conditions in arguments that only a run can settle it knows none up to "
            "2.16, and plain ones since. All are rendered as its SDK does it, for the version that "
            "can. Told where an environment is a cluster, of the version that its platform has.",
            "warning",
        ),
        "not-a-list": Code(
            "A loop over something that is no list.",
            "`forEach.in` is a list of values, or one reference to a list: a parameter, an output "
            "of a step, what another loop collected, a list of files.",
        ),
        "only-called": Code(
            "A pipeline that takes files from its caller is scheduled or run by itself.",
            "What is under `artifacts` can only be given by a pipeline that has it as a step: "
            "`pipeline: NAME`, with `with: {data: ${{ steps.load.data }}}`. So it has no "
            "schedules, and neither `exai run` nor `exai apply` can start it.",
        ),
        "optional-parameter": Code(
            "A parameter that may be nothing is given to what needs a value.",
            "A parameter that is `optional` without a default is nothing when nobody sets it, so "
            "it can only feed inputs that may be left out, whole; and a container's arguments hold "
            "such an input only where they ask for it: `{ifPresent: NAME, then: [...]}`.",
        ),
        "out-of-scope": Code(
            "A step inside of a group is named from outside.",
            "Outside, the `outputs` of a group are all that is seen: add what you need there, and "
            "read `steps.GROUP.OUTPUT`.",
        ),
        "pipeline-cycle": Code(
            "A pipeline calls itself, by whatever way.",
            "All steps of a pipeline that is called are part of the one that calls it, so there "
            "would be no end. Every step that is part of the circle is shown.",
        ),
        "run-in-text": Code(
            "What a run says of itself stands inside of a text, list or struct of `with`.",
            "Kubeflow Pipelines fills `${{ run.id }}` and its like in where they are the whole "
            "input, and `${{ run.workspace }}` anywhere. Give it by an input of its own; commands "
            "and arguments of containers take it inside of text.",
        ),
        "shadowed-item": Code(
            "A loop inside of another one calls its item by the same name.",
            "Call one of them something else with `as`.",
        ),
        "too-many-steps": Code(
            "Pipelines that call each other make a run of too many steps, or go too deep.",
            "A step that is a pipeline stands for all steps of it, and a workflow engine keeps a "
            "run in one object of bounded size: use `forEach` over a list, not many steps.",
        ),
        "untyped-loop": Code(
            "A loop's item is looked into, and nobody knows what it is.",
            "The type of an item follows from a literal list or from the list's declared type: "
            "`{list: {struct: {lr: double}}}`. Without one it can only be given whole to an input "
            "that has a type of its own, as those of components and functions have.",
        ),
        "wrong-condition": Code(
            "An `if` that is neither true nor false, or compares what can't be compared.",
            "Text compares with text, numbers with numbers, booleans by `==` and `!=`. Lists, "
            "structs and files never compare; values of the run aren't known there.",
        ),
    }
)
