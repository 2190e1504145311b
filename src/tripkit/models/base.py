"""What all tables share."""

import peewee


class Model(peewee.Model):
    """A table. It is bound to no database: statements and `Engine.database` run its queries."""

    class Meta:
        legacy_table_names = False
