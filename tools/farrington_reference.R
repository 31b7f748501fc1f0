# Reference of tests/monitor/test_farrington.py: what farringtonFlexible of the R package `surveillance` says of weekly counts.
#
#   Rscript tools/farrington_reference.R SERIES.csv OUT.csv
#
# SERIES.csv: one series a row, whole numbers, no header. OUT.csv: setting, series (from 0), period (from 0), expected, upper.
# Needs R and the package (Debian: r-base-core, r-cran-surveillance); the tests read the stored result and need neither.
suppressPackageStartupMessages(library(surveillance))
arguments <- commandArgs(TRUE)
counts <- as.matrix(read.csv(arguments[1], header = FALSE))
usual <- list(b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, weightsThreshold = 2.58, reweight = TRUE,
  verbose = FALSE, glmWarnings = FALSE, alpha = 0.005, trend = TRUE, pThresholdTrend = 1, limit54 = c(0, 4),
  fitFun = "algo.farrington.fitGLM.flexible", populationOffset = FALSE, thresholdMethod = "nbPlugin")
settings <- list(
  "usual" = list(),
  "trend only where significant" = list(pThresholdTrend = 0.05),
  "windows alone" = list(noPeriods = 1),
  "no trend and three years" = list(trend = FALSE, b = 3),
  "five cases in four weeks" = list(limit54 = c(5, 4)),
  "narrow windows and five groups" = list(w = 2, noPeriods = 5, alpha = 0.01)
)
weeks <- if (length(arguments) > 2) eval(parse(text = arguments[3])) else 576:624
rows <- list()
for (name in names(settings)[seq_len(if (length(arguments) > 3) as.integer(arguments[4]) else length(settings))]) {
  control <- modifyList(usual, c(settings[[name]], list(range = weeks)))
  for (series in seq_len(nrow(counts))) {
    table <- sts(observed = matrix(counts[series, ], ncol = 1), start = c(2000, 1), frequency = 52)
    found <- suppressWarnings(farringtonFlexible(table, control))
    rows[[length(rows) + 1]] <- data.frame(setting = name, series = series - 1, period = weeks - 1,
      expected = as.numeric(found@control$expected), upper = as.numeric(found@upperbound))
  }
}
write.csv(format(do.call(rbind, rows), digits = 12, trim = TRUE), arguments[2], row.names = FALSE, quote = FALSE)
