"""A file that cannot be imported, and why, in the reader's language."""

from node.errors import NodeError
from node.messages import text


class FileRefused(NodeError):
    """The file cannot be read by the profile: nothing was written.

    `code`: columns, columns_twice, empty, profile, unreadable, big, wide, spreadsheet, json, shape, mapping,
    mapping_new, one_place.
    """

    def __init__(self, code: str, **params: str) -> None:
        self.code = "import_" + code
        super().__init__(**params)

    def text(self, lang: str) -> str:
        return text(lang, "import.refused." + self.code.removeprefix("import_"), **self.params)
