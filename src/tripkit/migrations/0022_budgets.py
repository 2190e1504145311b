"""What each kind of item may cost."""


def up(migrator, db):
    db.execute_sql("""ALTER TABLE "plan_settings" ADD COLUMN "budgets" TEXT NOT NULL DEFAULT '{}'""")


def down(migrator, db):
    migrator.migrate(migrator.drop_column("plan_settings", "budgets"))
