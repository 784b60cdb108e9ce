/**
 * What kind of program it is, as far as inserting goes.
 * - `terminal`: a line break submits and a tab completes, pasted or typed; there is no selection by keys.
 * - `line`: a line break submits even when it is pasted.
 * - `chat`: a typed Return sends the message, a pasted line break does not.
 * - `modal`: what keys do depends on a mode that cannot be seen from outside.
 * - `field`: everything else.
 */
export type AppKind = 'terminal' | 'line' | 'chat' | 'modal' | 'field'

export interface AppRule {
  readonly kind: AppKind
  /** What pastes, in accelerator syntax; null: nothing does for certain, the text is left on the clipboard. */
  readonly chord: string | null
  /** Its chord pastes X's PRIMARY, or may do so: the text has to be on both. */
  readonly alsoPrimary: boolean
}

/** By window class, app id, bundle id or program name, in small letters and without `.exe`. */
export type AppRules = Readonly<Record<string, Partial<AppRule>>>

const FIELD: AppRule = { kind: 'field', chord: 'Ctrl+V', alsoPrimary: false }

/** Programs whose paste key is documented as Ctrl+Shift+V. */
const CTRL_SHIFT_V: readonly string[] = [
  'alacritty',
  'blackbox',
  'com.gexperts.tilix',
  'com.github.amezin.ddterm',
  'com.mitchellh.ghostty',
  'com.raggesilver.blackbox',
  'com.system76.cosmicterm',
  'contour',
  'cool-retro-term',
  'cosmic-term',
  'deepin-terminal',
  'dev.warp.warp',
  'foot',
  'footclient',
  'ghostty',
  'gnome-terminal',
  'gnome-terminal-server',
  'guake',
  'hyper',
  'io.elementary.terminal',
  'kgx',
  'kitty',
  'konsole',
  'lxterminal',
  'mate-terminal',
  'org.contourterminal.contour',
  'org.gnome.console',
  'org.gnome.ptyxis',
  'org.gnome.terminal',
  'org.kde.konsole',
  'org.kde.yakuake',
  'org.wezfurlong.wezterm',
  'ptyxis',
  'qterminal',
  'rio',
  'roxterm',
  'sakura',
  'tabby',
  'terminator',
  'terminology',
  'termite',
  'tilda',
  'tilix',
  'warp',
  'warp-terminal',
  'wezterm',
  'wezterm-gui',
  'windowsterminal',
  'xfce4-terminal',
  'yakuake',
]

/** These paste PRIMARY (some of them, or in some set-ups, the clipboard) on Shift+Insert and know no other key, or no other for certain. */
const SHIFT_INSERT: readonly string[] = [
  'aterm',
  'eterm',
  'mintty',
  'mlterm',
  'mrxvt',
  'pterm',
  'putty',
  'rxvt',
  'rxvt-unicode',
  'st',
  'st-256color',
  'urxvt',
  'uxterm',
  'xterm',
  'zutty',
]

/** Consoles of Windows, and macOS' terminals (where the chord is the platform's). */
const CTRL_V_TERMINALS: readonly string[] = [
  'cmd',
  'co.zeit.hyper',
  'com.apple.terminal',
  'com.github.wez.wezterm',
  'com.googlecode.iterm2',
  'conemu',
  'conemu64',
  'conhost',
  'dev.warp.warp-stable',
  'io.alacritty',
  'net.kovidgoyal.kitty',
  'openconsole',
  'org.alacritty',
  'powershell',
  'pwsh',
]

/**
 * Editors with a terminal inside. Ctrl+V is a control character in that terminal, and Ctrl+Shift+V another command in the
 * editor; Shift+Insert pastes in both: the clipboard in the editor, PRIMARY in the terminal.
 */
const EDITORS_WITH_TERMINAL: readonly string[] = ['code', 'code - insiders', 'code-insiders', 'code-oss', 'codium', 'cursor', 'vscodium', 'windsurf']

const CHATS: readonly string[] = [
  'caprine',
  'dino',
  'discord',
  'element',
  'element-desktop',
  'ferdium',
  'franz',
  'gajim',
  'im.dino.dino',
  'im.riot.riot',
  'mattermost',
  'mattermost-desktop',
  'microsoft teams',
  'ms-teams',
  'net.whatsapp.whatsapp',
  'org.telegram.desktop',
  'pidgin',
  'rambox',
  'rocket.chat',
  'signal',
  'signal-desktop',
  'skype',
  'slack',
  'teams',
  'teams-for-linux',
  'telegram',
  'telegram-desktop',
  'telegramdesktop',
  'vesktop',
  'viber',
  'whatsapp',
  'wire',
  'zapzap',
  'zulip',
]

/** Pasted lines are sent one by one. */
const LINES: readonly string[] = ['hexchat', 'io.github.hexchat', 'xchat']

/**
 * In their insert mode Ctrl+V waits for a character to take literally, in their normal mode every key is a command, and
 * Shift+Insert pastes only where a person has mapped it: no key is safe, a person can name their own.
 */
const MODAL: readonly string[] = ['gvim', 'neovide', 'nvim-qt']

const EMACS: readonly string[] = ['emacs', 'org.gnu.emacs']

function each(names: readonly string[], rule: AppRule): [string, AppRule][] {
  return names.map(name => [name, rule])
}

const RULES: ReadonlyMap<string, AppRule> = new Map([
  ...each(CTRL_SHIFT_V, { kind: 'terminal', chord: 'Ctrl+Shift+V', alsoPrimary: false }),
  ...each(SHIFT_INSERT, { kind: 'terminal', chord: 'Shift+Insert', alsoPrimary: true }),
  ...each(CTRL_V_TERMINALS, { kind: 'terminal', chord: 'Ctrl+V', alsoPrimary: false }),
  ...each(EDITORS_WITH_TERMINAL, { kind: 'field', chord: 'Shift+Insert', alsoPrimary: true }),
  ...each(CHATS, { kind: 'chat', chord: 'Ctrl+V', alsoPrimary: false }),
  ...each(LINES, { kind: 'line', chord: 'Ctrl+V', alsoPrimary: false }),
  ...each(MODAL, { kind: 'modal', chord: null, alsoPrimary: false }),
  ...each(EMACS, { kind: 'field', chord: 'Ctrl+Y', alsoPrimary: false }),
])

/** How to paste into a program. `overrides` hold before the table, part by part. On macOS one chord pastes everywhere. */
export function chordFor(appId: string, overrides: AppRules = {}, platform: NodeJS.Platform = 'linux'): AppRule {
  const name = appId.trim().toLowerCase().replace(/\.exe$/, '')
  const known = RULES.get(name) ?? FIELD
  const rule = platform === 'darwin' && known.chord !== null ? { ...known, chord: 'Cmd+V', alsoPrimary: false } : known
  const override = Object.hasOwn(overrides, name) ? overrides[name] : undefined
  return withChord({ ...rule, ...override })
}

/** The rule with a chord that a person has named (null: none was). */
export function withChord(rule: AppRule, chord: string | null = rule.chord): AppRule {
  const mayBePrimary = /^shift\+insert$/i.test(chord ?? '')
  return { ...rule, chord, alsoPrimary: rule.alsoPrimary || mayBePrimary }
}

/** What copies a selection there; null: no key does, or it would do something else (in a terminal Ctrl+C stops the program). */
export function copyChordFor({ kind, chord }: AppRule, platform: NodeJS.Platform): string | null {
  if (kind === 'terminal' || kind === 'modal')
    return null
  if (platform === 'darwin')
    return 'Cmd+C'
  return chord === 'Ctrl+Y' ? 'Alt+W' : 'Ctrl+C'
}
