import { describe, expect, it } from 'vitest'
import { parseAccelerator } from '../../../../src-main/desktop/accelerator'
import { chordFor, copyChordFor, withChord } from '../../../../src-main/dictation/insertion/chords'

describe('the paste chord of a program', () => {
  it.each([
    ['XTerm', 'terminal', 'Shift+Insert', true],
    ['URxvt', 'terminal', 'Shift+Insert', true],
    ['st-256color', 'terminal', 'Shift+Insert', true],
    ['Gnome-terminal', 'terminal', 'Ctrl+Shift+V', false],
    ['org.gnome.Terminal', 'terminal', 'Ctrl+Shift+V', false],
    ['konsole', 'terminal', 'Ctrl+Shift+V', false],
    ['kitty', 'terminal', 'Ctrl+Shift+V', false],
    ['Alacritty', 'terminal', 'Ctrl+Shift+V', false],
    ['foot', 'terminal', 'Ctrl+Shift+V', false],
    ['org.wezfurlong.wezterm', 'terminal', 'Ctrl+Shift+V', false],
    ['Tilix', 'terminal', 'Ctrl+Shift+V', false],
    ['Terminator', 'terminal', 'Ctrl+Shift+V', false],
    ['Xfce4-terminal', 'terminal', 'Ctrl+Shift+V', false],
    ['WindowsTerminal.exe', 'terminal', 'Ctrl+Shift+V', false],
    ['mintty.exe', 'terminal', 'Shift+Insert', true],
    ['Emacs', 'field', 'Ctrl+Y', false],
    ['Code', 'field', 'Shift+Insert', true],
    ['Gvim', 'modal', null, false],
    ['Slack', 'chat', 'Ctrl+V', false],
    ['Hexchat', 'line', 'Ctrl+V', false],
    ['gedit', 'field', 'Ctrl+V', false],
    // Names that only contain a terminal's.
    ['terminal-velocity-game', 'field', 'Ctrl+V', false],
    ['constructor', 'field', 'Ctrl+V', false],
    ['', 'field', 'Ctrl+V', false],
  ])('%s: %s, %s, on PRIMARY too: %s', (appId, kind, chord, alsoPrimary) => {
    expect(chordFor(appId)).toEqual({ kind, chord, alsoPrimary })
  })

  it('is Cmd+V on macOS, for every program that pastes', () => {
    expect(chordFor('com.apple.Terminal', {}, 'darwin')).toEqual({ kind: 'terminal', chord: 'Cmd+V', alsoPrimary: false })
    expect(chordFor('com.apple.TextEdit', {}, 'darwin').chord).toBe('Cmd+V')
    expect(chordFor('Emacs', {}, 'darwin').chord).toBe('Cmd+V')
    expect(chordFor('gvim', {}, 'darwin').chord).toBe(null)
  })

  it('can be named by a person, part by part, for programs in the table and others', () => {
    const overrides = { 'kitty': { chord: 'Ctrl+V' }, 'my-term': { kind: 'terminal', chord: 'shift+insert' }, 'gvim': { chord: 'Ctrl+Shift+V' } } as const
    expect(chordFor('Kitty', overrides)).toEqual({ kind: 'terminal', chord: 'Ctrl+V', alsoPrimary: false })
    expect(chordFor('My-Term', overrides)).toEqual({ kind: 'terminal', chord: 'shift+insert', alsoPrimary: true })
    expect(chordFor('Gvim', overrides)).toEqual({ kind: 'modal', chord: 'Ctrl+Shift+V', alsoPrimary: false })
    expect(withChord(chordFor('gedit'), 'Shift+Insert')).toEqual({ kind: 'field', chord: 'Shift+Insert', alsoPrimary: true })
  })

  it('is one that the keyboards understand', () => {
    for (const appId of ['xterm', 'kitty', 'gedit', 'emacs', 'code']) {
      for (const platform of ['linux', 'darwin', 'win32'] as const) {
        const chord = chordFor(appId, {}, platform).chord!
        // Shift+Insert is no hotkey, but both its keys are known.
        expect(() => parseAccelerator(chord.replace('Shift+Insert', 'Ctrl+Insert'), platform)).not.toThrow()
      }
    }
  })

  it('has a copy chord to go with it, but never one that stops a program', () => {
    expect(['gedit', 'emacs', 'xterm', 'gvim'].map(appId => copyChordFor(chordFor(appId), 'linux'))).toEqual(['Ctrl+C', 'Alt+W', null, null])
    expect(copyChordFor(chordFor('gedit', {}, 'darwin'), 'darwin')).toBe('Cmd+C')
  })
})
