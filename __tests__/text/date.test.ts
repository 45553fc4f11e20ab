import fc from 'fast-check'
import moment from 'moment-timezone'
import { formatDate } from '../../src/text/date.ts'
import { checkZone } from '../../src/text/zone.ts'

const TOKENS = [
  ...'Y YY YYYY YYYYY YYYYYY y yy yyy yyyy yo N NN NNN NNNN NNNNN Q Qo M Mo MM MMM MMMM D Do DD DDD DDDo DDDD'.split(' '),
  ...'d do dd ddd dddd e E w wo ww W Wo WW gg gggg ggggg GG GGGG GGGGG A a H HH h hh k kk m mm s ss'.split(' '),
  ...'S SS SSS SSSS SSSSS SSSSSS SSSSSSS SSSSSSSS SSSSSSSSS hmm hmmss Hmm Hmmss X x Z ZZ LT LTS L LL LLL LLLL l ll lll llll'.split(' '),
]
const ZONES = [
  'UTC',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'America/St_Johns',
  'Pacific/Apia',
]

describe('the notation of moment', () => {
  test.each(TOKENS)('%s gives the text of moment at any time in any zone', (token) => {
    const dates = fc.date({ min: new Date('1972-01-01'), max: new Date('2037-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(dates, fc.constantFrom(...ZONES), (date, zone) => {
        expect(formatDate(date, token, zone)).toBe(moment(date).tz(zone).format(token))
      }),
      { numRuns: 30 },
    )
  })

  test('any mixture of tokens, other letters and text in brackets gives the text of moment', () => {
    const piece = fc.oneof(
      fc.constantFrom(...TOKENS),
      fc.constantFrom('[at]', '[YYYY]', '[', ']', '\\D', 'T', 'b', '-', ':', ' ', ', ', '年'),
    )
    const format = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''))
    const date = new Date('2020-01-10T00:30:50.123Z')
    fc.assert(
      fc.property(format, (text) => {
        expect(formatDate(date, text, 'UTC')).toBe(moment(date).utc().format(text))
      }),
      { numRuns: 2000 },
    )
  })

  // https://github.com/docker/metadata-action#date-format-tztimezone
  test.each([
    ['2020-01-10T00:30:00Z', 'YYYYMMDD', 'UTC', '20200110'],
    ['2020-01-10T15:25:50Z', 'dddd, MMMM Do YYYY, h:mm:ss a', 'UTC', 'Friday, January 10th 2020, 3:25:50 pm'],
    ['2020-01-10T00:30:00Z', 'YYYYMMDD-HHmmss', 'Asia/Tokyo', '20200110-093000'],
    ['2020-01-10T00:30:00Z', 'YYYY-MM-DDTHH:mm:ss.SSS[Z]', 'UTC', '2020-01-10T00:30:00.000Z'],
  ])('%s as %s in %s is %s', (date, format, zone, text) => {
    expect(formatDate(new Date(date), format, zone)).toBe(text)
  })

  // The form of Flow's DATETIME.
  test.each([
    ['UTC', '2024-09-19-04-24-56'],
    ['Asia/Shanghai', '2024-09-19-12-24-56'],
    ['UTC+8', '2024-09-19-12-24-56'],
    ['+08:00', '2024-09-19-12-24-56'],
    ['gmt-3', '2024-09-19-01-24-56'],
    ['+05:30', '2024-09-19-09-54-56'],
    ['America/New_York', '2024-09-19-00-24-56'],
  ])('YYYY-MM-DD-HH-mm-ss in %s', (zone, text) => {
    expect(formatDate(new Date('2024-09-19T04:24:56Z'), 'YYYY-MM-DD-HH-mm-ss', zone)).toBe(text)
  })

  test.each(['Mars/Olympus', '', 'UTC+99', 'Asia/'])('"%s" is no zone', (zone) => {
    expect(() => checkZone(zone)).toThrow(`"${zone}" is not a time zone; write it as Asia/Shanghai, UTC, or UTC+8`)
  })

  test('z is the name of the zone, as far as the runtime knows one', () => {
    const date = new Date('2020-07-10T00:30:00Z')
    expect(['UTC', 'UTC+8', 'America/New_York'].map((zone) => formatDate(date, 'z', zone))).toEqual(['UTC', '+08:00', 'EDT'])
  })
})
