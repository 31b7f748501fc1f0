// The map of the base's country, fetched once.
import { api, type MapAnswer } from './api'
import { words } from './i18n.svelte'

class Maps {
  map = $state.raw<MapAnswer | null>(null)
  #asked = ''

  want(country: string): void {
    if (this.#asked === country) return
    this.#asked = country
    void api.map(country).then((found) => (this.map = found))
  }

  get regions(): MapAnswer['regions'] {
    return this.map?.regions ?? []
  }

  name(code: string): string {
    const region = this.regions.find((item) => item.code === code)
    return (words.language === 'ru' ? region?.name_ru : region?.name) ?? code
  }
}
export const maps = new Maps()
