"""What a search for offers goes by, in one index."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        op.f("ix_offer_areas_area_category_beside_offer_id"),
        "offer_areas",
        ["area", "category", "beside", "offer_id"],
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_offer_areas_area_category_beside_offer_id"), table_name="offer_areas")
