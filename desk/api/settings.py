"""`/api/v1/settings`: the settings with which this desk runs."""

from pydantic import BaseModel, ConfigDict

from desk.api.call import ApiCall
from desk.api.routing import ApiRoutes
from desk.settings_table import list_settings
from services.permissions import Permission

routes = ApiRoutes("settings")


class SettingDocument(BaseModel):
    """A setting in force; a secret is masked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    value: str
    meaning: str
    is_usual: bool
    """Whether it has its default."""


class SettingListDocument(BaseModel):
    """All settings of the desk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: list[SettingDocument]


@routes.add("GET", "settings", permissions=(Permission.ACCOUNT_MANAGE,))
async def show_settings(call: ApiCall) -> SettingListDocument:
    """Show the settings in force."""
    lines = list_settings(call.runtime.dependencies.settings)
    return SettingListDocument(
        settings=[
            SettingDocument(
                name=line.name, value=line.value, meaning=line.meaning, is_usual=line.is_usual
            )
            for line in lines
        ]
    )
