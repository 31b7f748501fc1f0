from . import monitor as monitor
from .core.errors import InputError as InputError
from .core.errors import KladsimError as KladsimError
from .policy.lever import Evidence as Evidence
from .policy.lever import Lever as Lever
from .policy.lever import Programme as Programme
from .policy.levers.advertising_removal import AdvertisingRemoval as AdvertisingRemoval
from .policy.levers.contingency_management import ContingencyManagement as ContingencyManagement
from .policy.levers.data_sharing import DataSharing as DataSharing
from .policy.levers.decriminalisation import Decriminalisation as Decriminalisation
from .policy.levers.diversion import Diversion as Diversion
from .policy.levers.drug_checking import DrugChecking as DrugChecking
from .policy.levers.early_warning import EarlyWarning as EarlyWarning
from .policy.levers.financial_sanctions import FinancialSanctions as FinancialSanctions
from .policy.levers.information_campaign import InformationCampaign as InformationCampaign
from .policy.levers.monitoring import ElectronicMonitoring as ElectronicMonitoring
from .policy.levers.package import Package as Package
from .policy.levers.poisoning_response import PoisoningResponse as PoisoningResponse
from .policy.levers.police import Police as Police
from .policy.levers.precursor_control import PrecursorControl as PrecursorControl
from .policy.levers.recruitment_prevention import RecruitmentPrevention as RecruitmentPrevention
from .policy.levers.sentencing import Sentencing as Sentencing
from .policy.levers.takedown import Takedown as Takedown
from .policy.levers.treatment import Treatment as Treatment
from .policy.levers.youth_income import YouthIncome as YouthIncome
from .policy.registry import lever_classes as lever_classes
from .policy.scenario import Scenario as Scenario
from .runs.running import run as run
from .study.branching import branch as branch
from .study.comparison import compare as compare

__version__: str
__all__: list[str]
