// Light or dark: the person's choice, else the system's.
export type Theme = 'light' | 'dark'

function first(): Theme {
  const asked = new URLSearchParams(location.search).get('theme') ?? localStorage.getItem('kladsim.theme')
  if (asked === 'light' || asked === 'dark') return asked
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

class Look {
  theme = $state<Theme>(first())

  flip(): void {
    this.theme = this.theme === 'dark' ? 'light' : 'dark'
    localStorage.setItem('kladsim.theme', this.theme)
  }
}
export const look = new Look()
