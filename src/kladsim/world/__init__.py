"""Country packs: regions, people, economy, law, dated events and observed series of one country, each value
with its source, validated when loaded. A pack is a folder of plain files.
"""
