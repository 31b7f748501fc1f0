# Reference of the benchmark in tests/monitor/test_farrington.py: farringtonFlexible of the R package `surveillance` on weeks 576 to 624.
#
#   Rscript tools/farrington_benchmark.R SERIES.csv OUT_PREFIX
#
# SERIES.csv: one series of 624 weeks a row, no header. Writes OUT_PREFIX_expected.csv and OUT_PREFIX_upper.csv, a series a row.
# Needs R and the package (Debian: r-base-core, r-cran-surveillance): 24 minutes of one core for 1,624 series.
suppressPackageStartupMessages(library(surveillance))
arguments <- commandArgs(TRUE)
counts <- as.matrix(read.csv(arguments[1], header = FALSE))
control <- list(range = 576:624, b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, weightsThreshold = 2.58,
  reweight = TRUE, verbose = FALSE, glmWarnings = FALSE, alpha = 0.005, trend = TRUE, pThresholdTrend = 1,
  limit54 = c(0, 4), powertrans = "2/3", fitFun = "algo.farrington.fitGLM.flexible", populationOffset = FALSE,
  thresholdMethod = "nbPlugin")
judge <- function(series) {
  table <- sts(observed = matrix(counts[series, ], ncol = 1), start = c(2000, 1), frequency = 52)
  found <- suppressWarnings(farringtonFlexible(table, control))
  list(expected = as.numeric(found@control$expected), upper = as.numeric(found@upperbound))
}
found <- lapply(seq_len(nrow(counts)), judge)
for (name in c("expected", "upper")) {
  rows <- do.call(rbind, lapply(found, `[[`, name))
  write.table(format(rows, digits = 12, trim = TRUE), paste0(arguments[2], "_", name, ".csv"), sep = ",",
    quote = FALSE, row.names = FALSE, col.names = FALSE)
}
