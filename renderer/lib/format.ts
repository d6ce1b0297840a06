/** Numbers and times as people read them. Units are international; only words around them are translated. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return '–'
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = Math.min(units.length - 1, bytes <= 0 ? 0 : Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`
}

/** 1 = a whole core. */
export function coresText(cores: number | null): string {
  return cores === null ? '–' : `${(cores * 100).toFixed(cores < 0.1 ? 1 : 0)} %`
}

export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  return `${minutes} min ${Math.floor(seconds % 60)} s`
}

/** Age in kubectl's manner: 5s, 3m, 2h, 4d. */
export function ageText(since: string | null, nowMs: number): string {
  if (since === null) return '–'
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(since)) / 1_000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** The time of day of an instant, in the reader's zone, to the millisecond. */
export function clockText(instant: string | number): string {
  const date = new Date(instant)
  return `${[date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':')}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
