"""Patches on rendered objects: how one is merged, and where in it a part of the result comes from
(LANGUAGE 3.2). They serve every backend alike: `render` applies them, `checks.patches` judges.
"""

from __future__ import annotations

from exai_compiler.patches.merge import merged
from exai_compiler.patches.pods import ALLOWANCES, Breach, breaches
from exai_compiler.patches.trace import in_patch, leaves

__all__ = ["ALLOWANCES", "Breach", "breaches", "in_patch", "leaves", "merged"]
