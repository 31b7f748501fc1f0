// The server's answers, typed from its OpenAPI schema (schema.d.ts is generated: `make web`).
import type { components } from './schema'

type Schemas = components['schemas']
export type Asked = Schemas['Asked']
export type Catalogue = Schemas['Catalogue']
export type ChartAnswer = Schemas['ChartAnswer']
export type ChartAsked = Schemas['ChartAsked']
export type Code = Schemas['Code']
export type DeskAnswer = Schemas['DeskAnswer']
export type DeskMap = Schemas['DeskMap']
export type DriversAnswer = Schemas['DriversAnswer']
export type Fit = Schemas['ValidationFit']
export type Forecast = Schemas['Forecast']
export type Outlook = Schemas['Outlook']
export type Effect = Schemas['EffectOut']
export type ExportAsked = Schemas['ExportAsked']
export type Group = Schemas['GroupOut']
export type GroupsAnswer = Schemas['GroupsAnswer']
export type Level = Schemas['Level']
export type Lever = Schemas['LeverOut']
export type MapAnswer = Schemas['MapAnswer']
export type Outcome = Schemas['OutcomeOut']
export type PlanAnswer = Schemas['PlanAnswer']
export type Problem = Schemas['Problem']
export type RegionsAnswer = Schemas['RegionsAnswer']
export type RegionsAsked = Schemas['RegionsAsked']
export type RunInfo = Schemas['RunInfo']
export type Runs = Schemas['Runs']
export type StateAnswer = Schemas['StateAnswer']
export type Story = Schemas['Story']
export type Table = Schemas['EvidenceTable']
export type UploadAnswer = Schemas['UploadAnswer']

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    const parts = [problem.where, problem.message, problem.value && `“${problem.value}”`, problem.allowed && `→ ${problem.allowed}`]
    super(parts.filter(Boolean).join(': '))
  }
}

// Who asks, for the fair queue: one page is one client.
const page = Math.floor(performance.timeOrigin + performance.now() * 1000).toString(36)

async function ask(path: string, init?: RequestInit): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-kladsim-page': page }
  const response = await fetch(`/api${path}`, { ...init, headers })
  if (!response.ok) {
    const body = await response.json().catch(() => ({}))
    throw new Refused(response.status, body.error ?? { message: response.statusText })
  }
  return response
}

async function get<T>(path: string): Promise<T> {
  return (await ask(path)).json() as Promise<T>
}

async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method: 'POST', body: JSON.stringify(body) }
  if (signal) init.signal = signal
  return (await ask(path, init)).json() as Promise<T>
}

export const api = {
  catalogue: () => get<Catalogue>('/catalogue'),
  parameters: () => get<Table>('/parameters'),
  mechanisms: () => get<Table>('/mechanisms'),
  claims: () => get<Table>('/claims'),
  targets: () => get<Table>('/targets'),
  fit: () => get<Fit>('/fit'),
  outlook: () => get<Outlook>('/outlook'),
  series: () => get<Schemas['SeriesList']>('/series'),
  forecast: (series: string, look: string, language: string) =>
    get<Forecast>(`/forecast?series=${encodeURIComponent(series)}&look=${look}&language=${language}`),
  watch: (language: string) => get<DeskAnswer>(`/watch?language=${language}`),
  watchMap: (look: string, language: string) => get<DeskMap>(`/watch/map?look=${look}&language=${language}`),
  triage: (asked: object) => post<Schemas['Recorded']>('/watch/triage', asked),
  addEvent: (asked: object) => post<Schemas['Recorded']>('/watch/events', asked),
  explain: (name: string) => get<Record<string, unknown>>(`/explain/${encodeURIComponent(name)}`),
  map: (country: string) => get<MapAnswer>(`/map/${encodeURIComponent(country)}`),
  stories: (language: string) => get<Story[]>(`/stories/${language}`),
  text: (name: 'limits' | 'description') => get<Schemas['Text']>(`/texts/${name}`),
  state: (asked: Asked, signal?: AbortSignal) => post<StateAnswer>('/state', asked, signal),
  code: (asked: Asked, signal?: AbortSignal) => post<Code>('/code', asked, signal),
  chart: (asked: ChartAsked, signal?: AbortSignal) => post<ChartAnswer>('/chart', asked, signal),
  regions: (asked: RegionsAsked, signal?: AbortSignal) => post<RegionsAnswer>('/regions', asked, signal),
  groups: (asked: Asked, signal?: AbortSignal) => post<GroupsAnswer>('/groups', asked, signal),
  drivers: (asked: Schemas['DriversAsked']) => post<DriversAnswer>('/drivers', asked),
  upload: (asked: object) => post<UploadAnswer>('/upload', asked),
  start: (asked: Asked) => post<RunInfo[]>('/runs', asked),
  runs: (offset = 0, limit = 100) => get<Runs>(`/runs?offset=${offset}&limit=${limit}`),
  cancel: (id: string) => post<RunInfo>(`/runs/${id}/cancel`, {}),
  resume: (id: string) => post<RunInfo>(`/runs/${id}/resume`, {}),
  forget: (id: string) => post<Runs>(`/runs/${id}/forget`, {}),
  events: () => new EventSource('/api/events'),
}

/** Ask for a file and let the browser save it. */
export async function download(path: '/export' | '/report', asked: unknown): Promise<string> {
  const response = await ask(path, { method: 'POST', body: JSON.stringify(asked) })
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'kladsim'
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  return name
}
