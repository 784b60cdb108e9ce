function numbered(words: string, from: number, step = 1): readonly (readonly [string, number])[] {
  return words.split(' ').map((word, i) => [word, from + i * step] as const)
}

export const DIGITS: ReadonlyMap<string, number> = new Map(numbered('one two three four five six seven eight nine', 1))
export const TEENS: ReadonlyMap<string, number> = new Map(numbered('ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen', 10))
export const TENS: ReadonlyMap<string, number> = new Map(numbered('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10))
export const SCALES: ReadonlyMap<string, number> = new Map([['thousand', 1e3], ['million', 1e6], ['billion', 1e9], ['trillion', 1e12]])

export const ORDINAL_DIGITS: ReadonlyMap<string, number> = new Map(numbered('first second third fourth fifth sixth seventh eighth ninth', 1))
export const ORDINAL_TEENS: ReadonlyMap<string, number> = new Map(numbered('tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth', 10))
export const ORDINAL_TENS: ReadonlyMap<string, number> = new Map(numbered('twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth', 20, 10))
export const ORDINAL_SCALES: ReadonlyMap<string, number> = new Map([['thousandth', 1e3], ['millionth', 1e6], ['billionth', 1e9]])

/** After a century ("nineteen nineties"). */
export const DECADES: ReadonlyMap<string, number> = new Map(numbered('tens twenties thirties forties fifties sixties seventies eighties nineties', 10, 10))

export const MONTHS: ReadonlyMap<string, number> = new Map(numbered('january february march april may june july august september october november december', 1))
export const WEEKDAYS: ReadonlySet<string> = set('monday tuesday wednesday thursday friday saturday sunday')

/** "march" and "may" are verbs as well, "second" a time. */
export const DATE_PREPOSITIONS: ReadonlySet<string> = set('on of by since until till before after from through last next this')

export const FRACTIONS: ReadonlySet<string> = set(
  'half halves quarter quarters third thirds fourth fourths fifth fifths sixth sixths seventh sevenths eighth eighths '
  + 'ninth ninths tenth tenths twelfths sixteenths twentieth twentieths hundredth hundredths thousandth thousandths',
)

/** What is measured: a number before one of them is in digits, however small. Durations are not among them: "five minutes". */
export const UNITS: ReadonlySet<string> = set(
  'kilometer kilometers kilometre kilometres meter meters metre metres centimeter centimeters centimetre centimetres '
  + 'millimeter millimeters millimetre millimetres micrometers nanometers mile miles yards feet inch inches '
  + 'kilogram kilograms kilo kilos gram grams milligram milligrams pound pounds ounce ounces tonne tonnes '
  + 'liter liters litre litres milliliter milliliters millilitre millilitres gallon gallons pint pints '
  + 'degree degrees celsius fahrenheit byte bytes kilobyte kilobytes megabyte megabytes gigabyte gigabytes terabyte terabytes petabytes '
  + 'megabit megabits gigabit gigabits hertz kilohertz megahertz gigahertz volt volts watt watts kilowatt kilowatts megawatts amps '
  + 'milliseconds microseconds nanoseconds pixel pixels acres hectares calories decibels horsepower cent cents pence '
  + 'km cm mm kg mg kb mb gb tb hz khz mhz ghz',
)
/** In these a small number belongs to the body, or to a saying: "on my own two feet", "my two cents". */
export const OWNERS: ReadonlySet<string> = set('my your his her our their own its')

/** A number after one of them is its name: "chapter 5". */
export const LABELS: ReadonlySet<string> = set(
  'chapter chapters page pages room rooms version section sections figure figures step gate route highway interstate flight apartment '
  + 'suite episode season volume slide slides channel exit platform verse level extension',
)
/** After one of them, a label is a thing: "in this chapter two people". */
export const DETERMINERS: ReadonlySet<string> = set('a an the this that these those my your his her its our their each every another some any no which what')
/** The number is said digit by digit: "error four oh four". */
export const CODES: ReadonlySet<string> = set('number code pin password passcode error extension dial call phone area room flight route highway interstate apartment suite bus')

export const STREETS: ReadonlySet<string> = set('street avenue road lane drive boulevard court square terrace place')

export const MERIDIEMS: ReadonlySet<string> = set('am pm a.m p.m')
/** Before an hour and its minutes; "for three fifty" is a price. */
export const TIME_PREPOSITIONS: ReadonlySet<string> = set('at until till by')
export const HOUR_PREPOSITIONS: ReadonlySet<string> = set('at until till by around about since before after from')
/** What follows a price or an amount, so that "at three fifty a pound" is no time. */
export const RATES: ReadonlySet<string> = set('a an per each apiece dollars dollar euros euro pounds cents percent')

/** Before a year that could be something else as well ("ten sixty six"). */
export const YEAR_PREPOSITIONS: ReadonlySet<string> = set('in since year circa')
/** Before a price ("it costs nineteen ninety five"). */
export const PRICE_WORDS: ReadonlySet<string> = set('cost costs costing for pay pays paid paying price priced only charge charged charges spend spent worth')
export const DURATIONS: ReadonlySet<string> = set('second seconds minute minutes hour hours day days week weeks month months year years')
/** Counted after two numbers in a row, which are no year then: "fifteen twenty minutes". */
export const COUNTED: ReadonlySet<string> = new Set([...DURATIONS, ...set('people times dollars dollar euros euro bucks percent per')])
/** "ten to five" is a time where none of the things follow that "ten to twelve people" counts. */
export const AFTER_TIME: ReadonlySet<string> = set(
  'in on at and or but so when then now already if because before after until till by for from the that this is was today tomorrow yesterday tonight am pm a.m p.m',
)
/** Before "minus" at a value, as against "everyone minus two". */
export const BEFORE_VALUE: ReadonlySet<string> = set('is was are were be it\'s that\'s to of at below above around about from equals got hit hits reached and or between by than')

/** Follows "oh" as an exclamation. */
export const AFTER_OH: ReadonlySet<string> = set('no my well god wow yeah yes dear boy man so and but i come really')

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}
