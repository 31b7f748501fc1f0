// Numbers for people: two significant digits, in the page's language.
import type { Effect } from './api'
import { t, words } from './i18n.svelte'

export function number(value: number | null | undefined, sign = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  const text = new Intl.NumberFormat(words.language, {
    maximumSignificantDigits: 2,
    notation: size >= 1e6 ? 'compact' : 'standard',
    signDisplay: sign ? 'exceptZero' : 'auto',
  }).format(value)
  return text.replace('-', '−')
}

export function interval(low: number | null | undefined, high: number | null | undefined, sign = false): string {
  if (low === null || low === undefined || high === null || high === undefined) return '–'
  return `${number(low, sign)} … ${number(high, sign)}`
}

export function percent(value: number | null | undefined): string {
  // Hundredths of a per cent are the finest that is said.
  return value === null || value === undefined ? '–' : `${number(Math.round(value * 100) / 100, true)}\u00a0%`
}

export function percents(low: number | null | undefined, high: number | null | undefined): string {
  if (low === null || low === undefined || high === null || high === undefined) return '–'
  const [one, other] = [low, high].map((value) => number(Math.round(value * 100) / 100, true))
  return `${one} … ${other}\u00a0%`
}

export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  return new Intl.NumberFormat(words.language, { maximumFractionDigits: 2, minimumFractionDigits: 2 }).format(value)
}

export function clock(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '…'
  const whole = Math.max(1, Math.round(seconds))
  return whole < 90 ? t('seconds', { n: whole }) : t('minutes', { n: Math.round(whole / 60) })
}

/** Where a picture of intervals ends, in per cent: four of five fit, so that one outcome that doubles flattens no other. */
export function fitting(effects: Effect[]): number {
  const sizes = effects.map((one) => Math.max(Math.abs(one.percent_low ?? 0), Math.abs(one.percent_high ?? 0))).sort((a, b) => a - b)
  return Math.max(1, 1.05 * (sizes[Math.floor(0.8 * (sizes.length - 1))] ?? 0))
}
