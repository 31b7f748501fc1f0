"""An agent-based model of a nation's dead-drop drug economy, for public-health and justice policy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from kladsim import monitor as monitor
    from kladsim.core.errors import InputError as InputError
    from kladsim.core.errors import KladsimError as KladsimError
    from kladsim.policy.lever import Evidence as Evidence
    from kladsim.policy.lever import Lever as Lever
    from kladsim.policy.lever import Programme as Programme
    from kladsim.policy.levers.advertising_removal import AdvertisingRemoval as AdvertisingRemoval
    from kladsim.policy.levers.contingency_management import ContingencyManagement as ContingencyManagement
    from kladsim.policy.levers.data_sharing import DataSharing as DataSharing
    from kladsim.policy.levers.decriminalisation import Decriminalisation as Decriminalisation
    from kladsim.policy.levers.diversion import Diversion as Diversion
    from kladsim.policy.levers.drug_checking import DrugChecking as DrugChecking
    from kladsim.policy.levers.early_warning import EarlyWarning as EarlyWarning
    from kladsim.policy.levers.financial_sanctions import FinancialSanctions as FinancialSanctions
    from kladsim.policy.levers.information_campaign import InformationCampaign as InformationCampaign
    from kladsim.policy.levers.monitoring import ElectronicMonitoring as ElectronicMonitoring
    from kladsim.policy.levers.package import Package as Package
    from kladsim.policy.levers.poisoning_response import PoisoningResponse as PoisoningResponse
    from kladsim.policy.levers.police import Police as Police
    from kladsim.policy.levers.precursor_control import PrecursorControl as PrecursorControl
    from kladsim.policy.levers.recruitment_prevention import RecruitmentPrevention as RecruitmentPrevention
    from kladsim.policy.levers.sentencing import Sentencing as Sentencing
    from kladsim.policy.levers.takedown import Takedown as Takedown
    from kladsim.policy.levers.treatment import Treatment as Treatment
    from kladsim.policy.levers.youth_income import YouthIncome as YouthIncome
    from kladsim.policy.registry import lever_classes as lever_classes
    from kladsim.policy.scenario import Scenario as Scenario
    from kladsim.runs.run import run as run
    from kladsim.study.branch import branch as branch
    from kladsim.study.compare import compare as compare

    __all__: list[str]

# Where each public name lives. Nothing loads before it is asked for: `import kladsim` stays instant. Levers need no
# line here: each file in `policy/levers` is found by the registry (type checkers read the imports above).
_HOME = {
    "Scenario": "kladsim.policy.scenario",
    "run": "kladsim.runs.run",
    "compare": "kladsim.study.compare",
    "branch": "kladsim.study.branch",
    "Lever": "kladsim.policy.lever",
    "Programme": "kladsim.policy.lever",
    "Evidence": "kladsim.policy.lever",
    "lever_classes": "kladsim.policy.registry",
    "monitor": "kladsim.monitor",
    "InputError": "kladsim.core.errors",
    "KladsimError": "kladsim.core.errors",
}

_PARTS = ("monitor",)  # names that are whole packages


def _levers() -> dict[str, object]:
    """Return the levers that come with kladsim by the names of their classes."""
    from kladsim.policy.registry import own_lever_classes

    return {made.__name__: made for made in own_lever_classes().values()}


if not TYPE_CHECKING:  # so that a type checker still sees a name that does not exist

    def __getattr__(name: str) -> object:
        if name == "__all__":
            value = [*_HOME, *_levers(), "__version__"]
        elif name in _HOME:
            home = import_module(_HOME[name])
            value = home if name in _PARTS else getattr(home, name)
        elif name[:1].isupper() and name in (levers := _levers()):
            value = levers[name]
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_levers()})
