import type { LeftReason } from '../../../src-main/ports/text-injector'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { ERROR_CODES } from '../../../src-main/lib/app-error'
import { outcomeOf } from '../../../src-renderer/dictations/entry'
import en from '../../../src-renderer/locales/en.json'
import { dictation } from '../../support/renderer-harness/world'

/** As in src-main/ports/text-injector.ts. */
const LEFT = ['copy-only', 'no-target', 'focus-moved', 'target-gone', 'keys-held', 'no-keys', 'not-read'] as const satisfies readonly LeftReason[]

interface Tree { readonly [key: string]: string | Tree }

function flatten(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) => typeof value === 'string' ? [[`${prefix}${key}`, value]] as [string, string][] : flatten(value, `${prefix}${key}.`))
}

function filesUnder(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => ending.test(name)).map(name => join(folder, name))
}

const texts = new Map(flatten(en))
const renderer = filesUnder(resolve('src-renderer'), /\.(?:vue|ts)$/).map(path => readFileSync(path, 'utf8')).join('\n')

function has(key: string): boolean {
  return texts.has(key)
}

/** The keys a template string can stand for: `state.${x}`. */
function patternOf(template: string): RegExp {
  const parts = template.split(/\$\{[^}]*\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^.]+')}$`)
}

describe('texts', () => {
  const literals = [...renderer.matchAll(/\bte?\('([^']+)'/g)].map(match => match[1] ?? '')
  const templates = [...renderer.matchAll(/`([\w.-]*\$\{[^`]*)`/g)].map(match => match[1] ?? '')

  it('are there for every key that is used', () => {
    expect(literals.length).toBeGreaterThan(60)
    expect(literals.filter(key => !has(key))).toEqual([])
    const built = [...renderer.matchAll(/\bte?\(`([^`]+)`/g)].map(match => match[1] ?? '')
    expect(built.filter(template => ![...texts.keys()].some(key => patternOf(template).test(key)))).toEqual([])
  })

  it('are all used', () => {
    const patterns = templates.filter(template => /^[\w-]+\./.test(template)).map(patternOf)
    const unused = [...texts.keys()].filter(key => !renderer.includes(`'${key}'`) && !renderer.includes(`"${key}"`) && !patterns.some(pattern => pattern.test(key)))
    expect(unused).toEqual([])
  })

  it('are shown as they are written, with their values put in', () => {
    const { t } = createI18n({ legacy: false, locale: 'en', messages: { en } }).global
    const names = [...texts.values()].flatMap(text => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? ''))
    const values = Object.fromEntries(names.map(name => [name, name.toUpperCase()]))
    const shown = [...texts.keys()].map(key => t(key, values))
    expect(shown).toEqual([...texts.values()].map(text => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())))
  })

  it('say for every error what happened and what to do', () => {
    const silent = ERROR_CODES.filter(code => !/[.!?] [A-Z].+\.$/.test(texts.get(`errors.${code}`) ?? ''))
    expect(silent).toEqual([])
    expect(Object.keys(en.errors).sort()).toEqual([...ERROR_CODES].sort())
  })

  it('name the service at their beginning, where its name may be missing', () => {
    const inside = [...Object.values(en.errors), ...Object.values(en.notices)].filter(text => text.includes('{service}') && !text.startsWith('{service}'))
    expect(inside).toEqual([])
  })

  it('are there for every hint and notice that main gives', () => {
    const main = filesUnder(resolve('src-main'), /\.ts$/).map(path => readFileSync(path, 'utf8')).join('\n')
    const told = [...main.matchAll(/\bnotify\(\s*'(?:info|warning|error)',\s*'([a-z-]+)'/g)].map(match => `notices.${match[1]}`)
    const union = (name: string): string[] => {
      const body = new RegExp(`type ${name}\\s*=((?:(?!export)[^])*)`).exec(main)?.[1] ?? ''
      return [...body.matchAll(/'([a-z-]+)'/g)].map(match => match[1] ?? '')
    }
    const wanted = [...told, ...union('RunnerNoticeCode').map(code => `notices.${code}`), ...union('HintCode').map(code => `hints.${code}`)]
    expect(union('HintCode').length).toBeGreaterThan(0)
    const ofRoutes = [...(/interface RouteNotice \{[^}]*?code:([^\n]*)/.exec(main)?.[1] ?? '').matchAll(/'([a-z-]+)'/g)].map(match => `notices.${match[1]}`)
    expect(ofRoutes).toContain('notices.service-key')
    wanted.push(...ofRoutes)
    expect(wanted.filter(key => !has(key))).toEqual([])
  })

  it('are there for every state a view can be in', async () => {
    const { cleanupSchema, dictationEntryViewSchema, dictationSettingsSchema, enginePartSchema, fileJobViewSchema, hotkeyViewSchema, keyNameSchema, modelViewSchema, partRoutingSchema, permissionIdSchema, pipelineStateSchema, privacyClassSchema, routeViewSchema, serviceSchema, serviceViewSchema, settingsSchema, turnViewSchema } = await import('@contract')
    const wanted = [
      ...pipelineStateSchema.options.map(state => `state.${state}`),
      ...modelViewSchema.shape.state.options.map(state => `settings.models.state.${state}`),
      ...modelViewSchema.shape.kind.options.flatMap(kind => [`settings.models.${kind}.title`, `settings.models.${kind}.text`]),
      ...hotkeyViewSchema.shape.mode.options.flatMap(mode => [`settings.mode.${mode}.label`, `settings.mode.${mode}.text`, `empty.${mode}.title`, `empty.${mode}.text`]),
      ...settingsSchema.shape.theme.unwrap().options.map(theme => `settings.theme.${theme}`),
      ...enginePartSchema.options.flatMap(part => [`parts.${part}`, `services.edit.${part}Text`, `services.edit.priceText.${part}`, `services.routing.maxPriceText.${part}`]),
      ...privacyClassSchema.options.flatMap(privacy => [`privacy.${privacy}`, `services.reach.${privacy}`]),
      ...partRoutingSchema.shape.prefer.unwrap().options.flatMap(prefer => [`services.routing.prefer.${prefer}`, `services.routing.preferText.${prefer}`]),
      ...serviceViewSchema.shape.key.options.map(key => `services.key.${key}`),
      ...serviceSchema.shape.asr.unwrap().unwrap().shape.mode.unwrap().options.map(mode => `services.modes.${mode}`),
      ...serviceSchema.shape.tts.unwrap().unwrap().shape.format.unwrap().options.map(format => `services.formats.${format}`),
      ...routeViewSchema.shape.why.options.map(why => `waterfall.by.why.${why}`),
      ...routeViewSchema.shape.skipped.element.shape.reason.options.map(reason => `waterfall.by.reason.${reason}`),
      ...turnViewSchema.shape.finish.unwrap().options.filter(finish => finish !== 'stop').map(finish => `turn.ends.${finish}`),
      ...dictationSettingsSchema.shape.cleanup.unwrap().options.filter(cleanup => cleanup !== 'off').map(cleanup => `dictations.cleanup.${cleanup}`),
      ...fileJobViewSchema.shape.state.options.map(state => `files.state.${state}`),
      ...hotkeyViewSchema.shape.mode.options.flatMap(mode => [`dictations.empty.${mode}.title`, `dictations.empty.${mode}.text`]),
      ...dictationEntryViewSchema.shape.end.options.flatMap(end => LEFT.flatMap((why) => {
        const outcome = outcomeOf(dictation('d', { end, how: 'copied', why }))
        return outcome?.key == null ? [] : [outcome.key]
      })),
      ...cleanupSchema.options.flatMap(cleanup => [`settings.dictation.cleanup.modes.${cleanup}`, `settings.dictation.cleanup.modeText.${cleanup}`]),
      ...dictationSettingsSchema.shape.method.unwrap().options.flatMap(method => [`settings.dictation.where.methods.${method}`, `settings.dictation.where.methodText.${method}`]),
      ...dictationSettingsSchema.shape.mode.unwrap().options.flatMap(mode => [`settings.dictation.where.${mode}.label`, `settings.dictation.where.${mode}.text`]),
      ...dictationSettingsSchema.shape.media.unwrap().options.map(media => `settings.dictation.around.medias.${media}`),
      ...keyNameSchema.options.flatMap(name => [`settings.keys.${name}.label`, `settings.keys.${name}.text`]),
      ...settingsSchema.shape.hotkey.unwrap().shape.dictateMode.unwrap().options.flatMap(mode => [`settings.keys.modeText.${mode}`, `settings.dictation.tryIt.${mode}`]),
      ...permissionIdSchema.options.flatMap(id => [`settings.permissions.${id}.label`, `settings.permissions.${id}.text`]),
      ...settingsSchema.shape.locale.unwrap().options.map(locale => `settings.language.${locale}`),
    ]
    expect(wanted.filter(key => !has(key))).toEqual([])
  })
})

describe('renderer', () => {
  it('takes types alone from the contract, so that no schema is in its bundle', () => {
    const imports = [...renderer.matchAll(/^import .* from '([^']+)'/gm)].map(match => ({ isType: match[0].startsWith('import type '), from: match[1] ?? '' }))
    expect(imports.filter(one => one.from === '@contract' && !one.isType)).toEqual([])
    expect(imports.filter(one => /^(?:node:|electron|zod)/.test(one.from) || one.from.includes('src-main'))).toEqual([])
  })

  it('is built under a policy that lets nothing in or out', () => {
    const policy = readFileSync(resolve('src-renderer/.env.production'), 'utf8')
    expect(policy).toContain('default-src \'none\'')
    expect(policy).toContain('connect-src \'none\'')
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    for (const page of ['index', 'overlay'])
      expect(readFileSync(resolve(`src-renderer/${page}.html`), 'utf8')).toContain('<meta http-equiv="Content-Security-Policy" content="%VITE_CSP%">')
  })
})
