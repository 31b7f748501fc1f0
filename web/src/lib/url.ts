// The address is the whole state: `#/explore?plan=Name;lever,option=value&show=deaths`. Pure functions, both ways.
export type Value = string | number | boolean | string[]
export interface LeverState {
  lever: string
  options: Record<string, Value>
}
export interface PlanState {
  name: string
  levers: LeverState[]
}
export const SCREENS = [
  'explore', 'compare', 'regions', 'drivers', 'monitor', 'fit', 'runs', 'stories', 'model', 'report',
] as const
export type Screen = (typeof SCREENS)[number]
const PARAMETERS = ['point', 'posterior', 'prior'] as const
export type Parameters = (typeof PARAMETERS)[number]
export interface State {
  screen: Screen
  frame: { base?: string; until?: string; scale?: string; replicates?: number; seed?: number; parameters?: Parameters }
  plans: PlanState[]
  active: number
  outcome: string
  view: 'level' | 'difference'
  style: 'bands' | 'runs' | 'dots'
  tab: 'chart' | 'map' | 'table'
  year: number | null
  region: string
  story: string
  step: number
  part: string
  /** The language that the address asks for; it is taken once and not written again. */
  language: 'en' | 'ru' | ''
  /** Parts of the address that were not understood: shown to the reader, never replaced in silence. */
  unread: string[]
}

export const START: State = {
  screen: 'explore', frame: {}, plans: [], active: 0, outcome: 'deaths', view: 'level', style: 'bands', tab: 'chart',
  year: null, region: '', story: '', step: 0, part: '', language: '',
  unread: [],
}

const MOST_PLANS = 4
const MOST_LEVERS = 20
const LONGEST_NAME = 60

const quote = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*~.]/g, (c) => (c === '.' ? c : '%' + c.charCodeAt(0).toString(16).toUpperCase()))

function written(value: Value): string {
  if (Array.isArray(value)) return '[' + value.map(quote).join('+')
  if (typeof value === 'string' && /^(-?\d|true$|false$|\[|")/.test(value) && !/^\d{4}-\d\d(-\d\d)?$/.test(value)) {
    return '"' + quote(value)
  }
  return typeof value === 'string' ? quote(value) : String(value)
}

function read(text: string): Value {
  if (text.startsWith('[')) return text.length > 1 ? text.slice(1).split('+').map(decode) : []
  if (text.startsWith('"')) return decode(text.slice(1))
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return Number(text)
  return decode(text)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function writePlan(plan: PlanState): string {
  const levers = plan.levers.map((lever) =>
    [quote(lever.lever), ...Object.entries(lever.options).map(([k, v]) => `${quote(k)}=${written(v)}`)].join(','),
  )
  return [quote(plan.name), ...levers].join(';')
}

/** A plan of an address; none where it is longer than the server takes, so that no part of it is left out in silence. */
function readPlan(text: string): PlanState | undefined {
  const [name = '', ...levers] = text.split(';')
  if (decode(name).length > LONGEST_NAME || levers.length > MOST_LEVERS) return undefined
  return {
    name: decode(name) || 'Plan',
    levers: levers.map((entry) => {
      const [lever = '', ...options] = entry.split(',')
      const pairs = options.map((option) => {
        const at = option.indexOf('=')
        return [decode(option.slice(0, at)), read(option.slice(at + 1))] as const
      })
      return { lever: decode(lever), options: Object.fromEntries(pairs) }
    }),
  }
}

/** The address of a state; what is as at the start is left out. */
export function toHash(state: State): string {
  const parts: string[] = []
  const put = (key: string, value: Value): void => void parts.push(`${key}=${written(value)}`)
  const frame = state.frame
  if (frame.base) put('base', frame.base)
  if (frame.until) put('until', frame.until)
  if (frame.scale) put('scale', frame.scale)
  if (frame.replicates) put('n', frame.replicates)
  if (frame.seed !== undefined) put('seed', frame.seed)
  if (frame.parameters) put('parameters', frame.parameters)
  for (const plan of state.plans) parts.push(`plan=${writePlan(plan)}`)
  if (state.active) put('active', state.active)
  for (const key of ['outcome', 'view', 'style', 'tab', 'region', 'story', 'part'] as const) {
    if (state[key] !== START[key]) put(key, state[key])
  }
  if (state.year !== null) put('year', state.year)
  if (state.step) put('step', state.step)
  return `#/${state.screen}${parts.length ? '?' + parts.join('&') : ''}`
}

/** An address with its parts before the `#` (`?base=georgia`) moved behind it; what the reader likes to see stays. */
export function behindHash(search: string, hash: string): { search: string; hash: string } {
  const parts = search.replace(/^\?/, '').split('&').filter(Boolean)
  const kept = parts.filter((part) => /^(theme|lang)=/.test(part))
  const moved = parts.filter((part) => !kept.includes(part))
  const path = moved.length && /^#?\/?$/.test(hash) ? `#/${START.screen}` : hash
  return {
    search: kept.length ? `?${kept.join('&')}` : '',
    hash: path + (moved.length ? (path.includes('?') ? '&' : '?') + moved.join('&') : ''),
  }
}

/** The state of an address; what it does not understand is listed in `unread`. */
export function fromHash(hash: string): State {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  const state: State = { ...START, frame: {}, plans: [], unread: [] }
  if ((SCREENS as readonly string[]).includes(path)) state.screen = path as Screen
  else if (path) state.unread.push(decode(path))
  for (const part of query.split('&')) {
    const at = part.indexOf('=')
    if (part && (at <= 0 || !take(state, part.slice(0, at), part.slice(at + 1)))) state.unread.push(decode(part))
  }
  if (state.active && state.active >= state.plans.length) {
    state.unread.push(`active=${state.active}`)
    state.active = Math.max(0, state.plans.length - 1)
  }
  return state
}

/** Take one part of an address; whether it was understood. */
function take(state: State, key: string, raw: string): boolean {
  const text = raw.startsWith('"') ? decode(raw.slice(1)) : decode(raw)
  const whole = /^\d{1,16}$/.test(raw) ? Number(raw) : undefined
  const among = <T extends string>(...known: readonly T[]): T | undefined => known.find((item) => item === text)
  const set = <K extends keyof State>(name: K, value: State[K] | undefined): boolean => {
    if (value !== undefined) state[name] = value
    return value !== undefined
  }
  switch (key) {
    case 'plan': {
      const plan = state.plans.length < MOST_PLANS ? readPlan(raw) : undefined
      if (plan) state.plans.push(plan)
      return Boolean(plan)
    }
    case 'base':
    case 'country': // whoever types a country means its baseline
      if (!text || state.frame.base) return false
      state.frame.base = text
      return true
    case 'until':
    case 'scale':
      if (text) state.frame[key] = text
      return Boolean(text)
    case 'n':
      if (whole) state.frame.replicates = whole
      return Boolean(whole)
    case 'seed':
      if (whole !== undefined) state.frame.seed = whole
      return whole !== undefined
    case 'parameters': {
      const found = among(...PARAMETERS)
      if (found) state.frame.parameters = found
      return Boolean(found)
    }
    case 'active':
    case 'year':
    case 'step':
      return set(key, whole)
    case 'view':
      return set(key, among('level', 'difference'))
    case 'style':
      return set(key, among('bands', 'runs', 'dots'))
    case 'tab':
      return set(key, among('chart', 'map', 'table'))
    case 'language':
    case 'lang':
      return set('language', among('en', 'ru'))
    case 'outcome':
    case 'region':
    case 'story':
    case 'part':
      return set(key, text)
    default:
      return false
  }
}
