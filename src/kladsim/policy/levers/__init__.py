"""The levers that come with kladsim, one file each; every module here is found and registered by itself."""
