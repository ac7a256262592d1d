"""Let there be two more lists of terms: where referrals come from, and reasons."""

import re

from alembic import op

revision = "004"
down_revision = "003"


def upgrade() -> None:
    _allow_taxonomies("category", "need", "audience", "access", "source", "reason")


def _allow_taxonomies(*names: str) -> None:
    """Say which lists of terms there are.

    SQLite cannot alter a CHECK, and a table that is made anew would take along what refers to it. So its text is
    changed in the schema, as https://www.sqlite.org/lang_altertable.html#otheralter describes.
    """
    name = "ck_taxonomy_term_taxonomy"
    rule = "taxonomy IN (" + ", ".join(f"'{each}'" for each in names) + ")"
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(name), "taxonomy_term", type_="check")
        op.create_check_constraint(op.f(name), "taxonomy_term", rule)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'taxonomy_term'").scalar_one()
    changed, count = re.subn(rf"(CONSTRAINT {name} CHECK )\(taxonomy IN \([^)]*\)\)", rf"\1({rule})", sql)
    if count != 1:
        raise RuntimeError("The table taxonomy_term is not as migration 001 left it.")
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE name = 'taxonomy_term'", (changed,))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
