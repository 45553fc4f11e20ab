const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Seconds for people: `0.4 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–'
  if (seconds > 0 && seconds < 0.05) return '< 0.1 s'
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** Bytes in decimal units, as registries show them: `812 B`, `1.4 kB`, `31.0 MB`. */
export function formatBytes(bytes: number): string {
  const unit = Math.max(
    0,
    UNITS.findLastIndex((_, at) => bytes >= 1000 ** at),
  )
  return unit === 0 ? `${bytes} B` : `${(bytes / 1000 ** unit).toFixed(1)} ${UNITS[unit]}`
}

/** `1 step`, `2 steps`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
