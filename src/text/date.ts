import { inZone, type Local, offsetText, zoneName } from './zone.ts'

type Token = (local: Local) => string | number

const DAY = 86_400_000
const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

const TOKENS: Readonly<Record<string, Token>> = {
  ...padded('Y', ({ wall }) => wall.getUTCFullYear(), [4, 5]),
  Y: ({ wall }) => wall.getUTCFullYear(),
  YY: ({ wall }) => pad(wall.getUTCFullYear() % 100, 2),
  YYYYYY: ({ wall }) => `+${pad(wall.getUTCFullYear(), 6)}`,
  ...padded('y', ({ wall }) => wall.getUTCFullYear(), [1, 2, 3, 4]),
  yo: ({ wall }) => ordinal(wall.getUTCFullYear()),
  ...Object.fromEntries(['N', 'NN', 'NNN', 'NNNNN'].map((name) => [name, () => 'AD'])),
  NNNN: () => 'Anno Domini',
  ...counted('Q', ({ wall }) => Math.floor(wall.getUTCMonth() / 3) + 1, []),
  ...counted('M', ({ wall }) => wall.getUTCMonth() + 1, [2]),
  MMM: ({ wall }) => (MONTHS[wall.getUTCMonth()] ?? '').slice(0, 3),
  MMMM: ({ wall }) => MONTHS[wall.getUTCMonth()] ?? '',
  ...counted('D', ({ wall }) => wall.getUTCDate(), [2]),
  DDD: ({ wall }) => dayOfYear(wall),
  DDDo: ({ wall }) => ordinal(dayOfYear(wall)),
  DDDD: ({ wall }) => pad(dayOfYear(wall), 3),
  ...counted('d', ({ wall }) => wall.getUTCDay(), []),
  dd: ({ wall }) => (DAYS[wall.getUTCDay()] ?? '').slice(0, 2),
  ddd: ({ wall }) => (DAYS[wall.getUTCDay()] ?? '').slice(0, 3),
  dddd: ({ wall }) => DAYS[wall.getUTCDay()] ?? '',
  e: ({ wall }) => wall.getUTCDay(),
  E: ({ wall }) => wall.getUTCDay() || 7,
  // Weeks begin on Sunday, and January 1st is in the first one; ISO's begin on Monday, and January 4th is in the first one.
  ...counted('w', ({ wall }) => week(wall, 0, 1).week, [2]),
  ...counted('W', ({ wall }) => week(wall, 1, 4).week, [2]),
  ...weekYears('g', ({ wall }) => week(wall, 0, 1).year),
  ...weekYears('G', ({ wall }) => week(wall, 1, 4).year),
  A: ({ wall }) => (wall.getUTCHours() < 12 ? 'AM' : 'PM'),
  a: ({ wall }) => (wall.getUTCHours() < 12 ? 'am' : 'pm'),
  ...padded('H', ({ wall }) => wall.getUTCHours(), [1, 2]),
  ...padded('h', ({ wall }) => wall.getUTCHours() % 12 || 12, [1, 2]),
  ...padded('k', ({ wall }) => wall.getUTCHours() || 24, [1, 2]),
  ...padded('m', ({ wall }) => wall.getUTCMinutes(), [1, 2]),
  ...padded('s', ({ wall }) => wall.getUTCSeconds(), [1, 2]),
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, at): [string, Token] => [
      'S'.repeat(at + 1),
      ({ wall }) =>
        pad(wall.getUTCMilliseconds(), 3)
          .padEnd(9, '0')
          .slice(0, at + 1),
    ]),
  ),
  hmm: inOrder('h', 'mm'),
  hmmss: inOrder('h', 'mm', 'ss'),
  Hmm: inOrder('H', 'mm'),
  Hmmss: inOrder('H', 'mm', 'ss'),
  X: ({ instant }) => Math.floor(instant.getTime() / 1000),
  x: ({ instant }) => instant.getTime(),
  z: zoneName,
  zz: zoneName,
  Z: ({ offset }) => offsetText(offset, ':'),
  ZZ: ({ offset }) => offsetText(offset, ''),
}

// https://momentjs.com/docs/#/displaying/format/ "Localized formats", in English
const LOCALIZED: Readonly<Record<string, string>> = {
  LTS: 'h:mm:ss A',
  LT: 'h:mm A',
  L: 'MM/DD/YYYY',
  l: 'M/D/YYYY',
  LL: 'MMMM D, YYYY',
  ll: 'MMM D, YYYY',
  LLL: 'MMMM D, YYYY h:mm A',
  lll: 'MMM D, YYYY h:mm A',
  LLLL: 'dddd, MMMM D, YYYY h:mm A',
  llll: 'ddd, MMM D, YYYY h:mm A',
}

/**
 * Writes a date in the notation of moment, in English: `YYYY-MM-DD-HH-mm-ss`, `[at] h:mm a`. Text in brackets and what is no
 * token stays as it is.
 *
 * No library is bundled for it: the runtime's own data of time zones is the best kept, and the tests hold each token against
 * moment-timezone. One token differs: `z` gives the runtime's short name of a zone, such as `GMT+9`, not `JST`.
 *
 * @param format see https://momentjs.com/docs/#/displaying/format/
 * @param zone a name such as `Asia/Shanghai`, `UTC`, or an offset such as `UTC+8` and `+05:30`
 * @throws Error when there is no such zone
 */
export function formatDate(date: Date, format: string, zone: string): string {
  const local = inZone(date, zone)
  // Brackets are taken off in the second pass only: what stands in them is no token in either.
  const expanded = format.replaceAll(finder(LOCALIZED), (text) => LOCALIZED[text] ?? text)
  return expanded.replaceAll(finder(TOKENS), (text) => {
    const token = TOKENS[text]
    if (token) return String(token(local))
    return text.startsWith('[') ? text.slice(1, -1) : text.replaceAll('\\', '')
  })
}

/** Finds tokens, the longest first; text in brackets as a whole; and a backslash with the token it makes ordinary text. */
function finder(tokens: Readonly<Record<string, unknown>>): RegExp {
  const names = Object.keys(tokens).sort((a, b) => b.length - a.length)
  return new RegExp(`\\[[^[]*\\]|\\\\?(?:${names.join('|')})|\\\\`, 'g')
}

function dayOfYear(wall: Date): number {
  return Math.floor((wall.getTime() - Date.UTC(wall.getUTCFullYear(), 0, 1)) / DAY) + 1
}

/** The week that holds `anchor` of January is the first of its year. @param first the day weeks begin on, 0 for Sunday */
function week(wall: Date, first: number, anchor: number): { week: number; year: number } {
  const start = Math.floor(wall.getTime() / DAY) - ((wall.getUTCDay() - first + 7) % 7)
  const firstWeek = (year: number) => {
    const day = new Date(Date.UTC(year, 0, anchor))
    return day.getTime() / DAY - ((day.getUTCDay() - first + 7) % 7)
  }
  const guess = wall.getUTCFullYear()
  const year = start >= firstWeek(guess + 1) ? guess + 1 : start < firstWeek(guess) ? guess - 1 : guess
  return { week: Math.round((start - firstWeek(year)) / 7) + 1, year }
}

function ordinal(number: number): string {
  const teen = Math.floor((number % 100) / 10) === 1
  return `${number}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')}`
}

function pad(number: number, length: number): string {
  return String(number).padStart(length, '0')
}

function padded(letter: string, value: (local: Local) => number, lengths: readonly number[]): Record<string, Token> {
  return Object.fromEntries(lengths.map((length) => [letter.repeat(length), (local: Local) => pad(value(local), length)]))
}

function counted(letter: string, value: (local: Local) => number, lengths: readonly number[]): Record<string, Token> {
  return { [letter]: value, [`${letter}o`]: (local) => ordinal(value(local)), ...padded(letter, value, lengths) }
}

function weekYears(letter: string, value: (local: Local) => number): Record<string, Token> {
  return { [letter.repeat(2)]: (local) => pad(value(local) % 100, 2), ...padded(letter, value, [4, 5]) }
}

function inOrder(...names: readonly string[]): Token {
  return (local) => names.map((name) => TOKENS[name]?.(local)).join('')
}
