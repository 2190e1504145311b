"""What is searched, and which plans are still to be taken into it: at first all of them."""

import peewee

from tripkit.database.fields import DateField, IdField

WORDS_ON_SQLITE = [
    # The words are parted by blanks already. What ranks them is where they are, so that no counts are needed.
    "CREATE VIRTUAL TABLE search_words USING fts5 "
    "(title, place, text, tokenize = 'ascii', detail = 'column', columnsize = 0)",
    "CREATE TRIGGER search_words_delete AFTER DELETE ON search_documents "
    "BEGIN DELETE FROM search_words WHERE rowid = old.id; END",
]
WORDS_ON_POSTGRES = [
    "CREATE TABLE search_words ("
    "document_id BIGINT PRIMARY KEY REFERENCES search_documents (id) ON DELETE CASCADE, words TSVECTOR NOT NULL)",
    # Every search would read the whole list of what was not put into the index yet.
    "CREATE INDEX search_words_words ON search_words USING gin (words) WITH (fastupdate = off)",
]


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class User(Base):
        id = IdField()

        class Meta:
            table_name = "users"

    class Plan(Base):
        id = IdField()
        owner = peewee.ForeignKeyField(User)
        version = peewee.IntegerField()
        searched_version = peewee.IntegerField()

        class Meta:
            table_name = "plans"

    class Item(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan)
        start_date = DateField()
        end_date = DateField()

        class Meta:
            table_name = "items"

    class SearchShelf(Base):
        id = IdField()
        owner = peewee.ForeignKeyField(User, on_delete="CASCADE")
        documents = peewee.IntegerField()

        class Meta:
            table_name = "search_shelves"

    class SearchDocument(Base):
        id = IdField()
        shelf = peewee.ForeignKeyField(SearchShelf, on_delete="CASCADE")
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
        item = peewee.ForeignKeyField(Item, on_delete="CASCADE", null=True, unique=True)
        version = peewee.IntegerField()

        class Meta:
            table_name = "search_documents"
            indexes = ((("plan", "item"), False),)

    db.execute_sql('ALTER TABLE "plans" ADD COLUMN "searched_version" INTEGER NOT NULL DEFAULT 0')
    unsearched = Plan.searched_version != Plan.version
    db.execute(peewee.ValueLiterals(Plan.index(Plan.owner, Plan.id, name="plans_unsearched", where=unsearched)))
    db.execute(Item.index(Item.plan, Item.start_date, Item.end_date, name="items_dates"))
    db.create_tables([SearchShelf, SearchDocument])
    for statement in WORDS_ON_SQLITE if isinstance(db, peewee.SqliteDatabase) else WORDS_ON_POSTGRES:
        db.execute_sql(statement)


def down(migrator, db):
    db.execute_sql("DROP TABLE search_words")
    migrator.migrate(
        migrator.drop_table("search_documents"),
        migrator.drop_table("search_shelves"),
        migrator.drop_index("items", "items_dates"),
        migrator.drop_index("plans", "plans_unsearched"),
        migrator.drop_column("plans", "searched_version"),
    )
