import { z } from 'zod'

const jsonObject = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown
  }
  catch {
    context.addIssue({ code: 'custom', message: 'no JSON' })
    return z.NEVER
  }
})

/** An entry that a later version adds is passed on, not refused; a column that is none of these is read as empty. */
export const numbersColumn = jsonObject.pipe(z.record(z.string(), z.number())).catch({})
export const textsColumn = jsonObject.pipe(z.record(z.string(), z.string())).catch({})

/** Only what has the outline of a report; what is in it is checked where it is shown. */
export const routesColumn = jsonObject.pipe(z.partialRecord(z.enum(['asr', 'chat', 'tts']), z.looseObject({
  part: z.string(),
  servedBy: z.string().nullable(),
  attempts: z.array(z.looseObject({ serviceId: z.string() })),
  skipped: z.array(z.looseObject({ serviceId: z.string() })),
}))).catch({})
