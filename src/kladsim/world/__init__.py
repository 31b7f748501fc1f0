"""Country packs: regions, people, economy, law, dated events and observed series of one country, each value
with its source, validated when loaded. A pack is a folder of plain files.
"""

from kladsim.world.events import PackEvent
from kladsim.world.load import list_packs, load_pack
from kladsim.world.pack import Pack, SourceRow
from kladsim.world.series import PackSeries

__all__ = ["PackEvent", "Pack", "PackSeries", "SourceRow", "list_packs", "load_pack"]
