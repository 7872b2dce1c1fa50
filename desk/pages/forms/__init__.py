"""Models of the forms on the pages.

An unknown field is refused by its name; an empty field counts as absent. Numbers and dates that can
be read in two ways are refused with both readings. Only a count takes the sign that separates
thousands in the page's language, because the pages write counts so. `fields` has the base and the
fields, the other modules the forms by area.
"""

from desk.pages.forms.accounts import (
    CodeSetupForm,
    DeviceForm,
    EnrolmentForm,
    InvitationForm,
    InviteForm,
    NewLinkForm,
    OrganisationTokenForm,
    PasswordForm,
    ProofForm,
    ResetForm,
    RoleForm,
    SignInForm,
    TokenForm,
)
from desk.pages.forms.cases import (
    ChangeDecisionForm,
    DecisionForm,
    HandOverForm,
    NoteForm,
    ReportStepForm,
)
from desk.pages.forms.field import FindingForm, FindingNoteForm, PhoneForm
from desk.pages.forms.fields import ConfirmationForm, Count, Form, Text, Tick, Ticked
from desk.pages.forms.figures import SubmitReportForm
from desk.pages.forms.mail import MailAddressForm, MailChoiceForm, MailStopForm, MailTokenForm
from desk.pages.forms.orders import (
    DraftOrder,
    IssueForm,
    OrderForm,
    OrderReasonForm,
    PackerChoiceForm,
    QuotaForm,
)
from desk.pages.forms.registry import (
    ChangedOrganisationForm,
    ChangedPlaceForm,
    NewOrganisationForm,
    NewPlaceForm,
    PrintKeyForm,
    ResendForm,
    RetireKeyForm,
    WebhookChangeForm,
    WebhookForm,
)
from desk.pages.forms.stamps import (
    ActForm,
    ActivationForm,
    CodeRecallForm,
    RecallForm,
    ReportForm,
    RollForm,
    SheetForm,
    StampTransitionForm,
    SuspensionForm,
    TypedReportForm,
    UndoForm,
)

__all__ = [
    "ActForm",
    "ActivationForm",
    "ChangeDecisionForm",
    "ChangedOrganisationForm",
    "ChangedPlaceForm",
    "CodeRecallForm",
    "CodeSetupForm",
    "ConfirmationForm",
    "Count",
    "DecisionForm",
    "DeviceForm",
    "DraftOrder",
    "EnrolmentForm",
    "FindingForm",
    "FindingNoteForm",
    "Form",
    "HandOverForm",
    "InvitationForm",
    "InviteForm",
    "IssueForm",
    "MailAddressForm",
    "MailChoiceForm",
    "MailStopForm",
    "MailTokenForm",
    "NewLinkForm",
    "NewOrganisationForm",
    "NewPlaceForm",
    "NoteForm",
    "OrderForm",
    "OrderReasonForm",
    "OrganisationTokenForm",
    "PackerChoiceForm",
    "PasswordForm",
    "PhoneForm",
    "PrintKeyForm",
    "ProofForm",
    "QuotaForm",
    "RecallForm",
    "ReportForm",
    "ReportStepForm",
    "ResendForm",
    "ResetForm",
    "RetireKeyForm",
    "RoleForm",
    "RollForm",
    "SheetForm",
    "SignInForm",
    "StampTransitionForm",
    "SubmitReportForm",
    "SuspensionForm",
    "Text",
    "Tick",
    "Ticked",
    "TokenForm",
    "TypedReportForm",
    "UndoForm",
    "WebhookChangeForm",
    "WebhookForm",
]
