"""The project's features as a Feast repository.

In: a project, an environment, the texts of the user's Python files. Out: the repository as a value
(`spec_of`), the part of it that training needs (`subset`), and either as the texts of its files
(`files_of`). Never: Feast itself, files, or the value of a secret.
"""

from exai_compiler.features.files import files_of
from exai_compiler.features.repository import spec_of
from exai_compiler.features.requirements import requirements_of
from exai_compiler.features.store_file import store_digest, store_file
from exai_compiler.features.stores import feast_project, online_place, secret_variables
from exai_compiler.features.training import subset

__all__ = [
    "feast_project",
    "files_of",
    "online_place",
    "requirements_of",
    "secret_variables",
    "spec_of",
    "store_digest",
    "store_file",
    "subset",
]
