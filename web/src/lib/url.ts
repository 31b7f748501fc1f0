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
export interface State {
  screen: Screen
  frame: { base?: string; until?: string; scale?: string; replicates?: number; seed?: number }
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
}

export const START: State = {
  screen: 'explore', frame: {}, plans: [], active: 0, outcome: 'deaths', view: 'level', style: 'bands', tab: 'chart',
  year: null, region: '', story: '', step: 0, part: '',
}

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

function readPlan(text: string): PlanState {
  const [name = '', ...levers] = text.split(';')
  return {
    name: decode(name).slice(0, 60) || 'Plan',
    levers: levers.slice(0, 20).map((entry) => {
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
  for (const plan of state.plans) parts.push(`plan=${writePlan(plan)}`)
  if (state.active) put('active', state.active)
  for (const key of ['outcome', 'view', 'style', 'tab', 'region', 'story', 'part'] as const) {
    if (state[key] !== START[key]) put(key, state[key])
  }
  if (state.year !== null) put('year', state.year)
  if (state.step) put('step', state.step)
  return `#/${state.screen}${parts.length ? '?' + parts.join('&') : ''}`
}

/** The state of an address; what it does not know is ignored. */
export function fromHash(hash: string): State {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  const state: State = { ...START, frame: {}, plans: [] }
  if ((SCREENS as readonly string[]).includes(path)) state.screen = path as Screen
  for (const part of query.split('&')) {
    const at = part.indexOf('=')
    if (at > 0) take(state, part.slice(0, at), part.slice(at + 1))
  }
  state.active = Math.min(Math.max(0, state.active), Math.max(0, state.plans.length - 1))
  return state
}

function take(state: State, key: string, raw: string): void {
  const text = raw.startsWith('"') ? decode(raw.slice(1)) : decode(raw)
  const whole = /^\d{1,9}$/.test(raw) ? Number(raw) : undefined
  if (key === 'plan') {
    if (state.plans.length < 4) state.plans.push(readPlan(raw))
  } else if (key === 'base' || key === 'until' || key === 'scale') state.frame[key] = text
  else if (key === 'n' && whole) state.frame.replicates = whole
  else if (key === 'seed' && whole !== undefined) state.frame.seed = whole
  else if (key === 'active' && whole !== undefined) state.active = whole
  else if (key === 'year' && whole !== undefined) state.year = whole
  else if (key === 'step' && whole !== undefined) state.step = whole
  else if (key === 'view' && (text === 'level' || text === 'difference')) state.view = text
  else if (key === 'style' && (text === 'bands' || text === 'runs' || text === 'dots')) state.style = text
  else if (key === 'tab' && (text === 'chart' || text === 'map' || text === 'table')) state.tab = text
  else if (key === 'outcome' || key === 'region' || key === 'story' || key === 'part') state[key] = text
}
