"""What Alembic runs to apply the steps, on the connection that ``migrate`` hands it.

Owns:    nothing; Alembic looks for this file by its name.
Imports: alembic.
"""

from alembic import context

# Alembic executes this file under the name below; importing it, as tools that read every module
# do, must change nothing.
if __name__ == "env_py":
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()
