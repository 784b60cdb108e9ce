'use strict'

/**
 * What Electron loads when it is started as `electron PATH`: takes the identity of the app at PATH and runs its main
 * script before `ready`, so that the script can still call what has to be called before that. Packed into
 * resources/default_app.asar of a runtime that was published without one.
 */
const fs = require('node:fs')
const Module = require('node:module')
const path = require('node:path')
const process = require('node:process')
const { app } = require('electron')

const VALUE_OPTIONS = new Set(['-r', '--require'])

/** `electron [options] PATH [the app's own arguments]` */
function parseArguments(argv) {
  const modules = []
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]
    if (VALUE_OPTIONS.has(argument))
      modules.push(argv[++index])
    else if (argument.startsWith('--require='))
      modules.push(argument.slice('--require='.length))
    else if (argument === '--version' || argument === '-v')
      return { modules, version: true }
    else if (!argument.startsWith('-'))
      return { modules, path: argument }
  }
  return { modules }
}

function takeIdentity(folder) {
  const file = path.join(folder, 'package.json')
  if (!fs.existsSync(file))
    return
  const manifest = JSON.parse(fs.readFileSync(file, 'utf8'))
  if (manifest.version)
    app.setVersion(manifest.version)
  const name = manifest.productName || manifest.name
  if (name)
    app.setName(name)
  if (process.platform === 'linux')
    app.setDesktopName(manifest.desktopName || `${app.getName()}.desktop`)
  app.setAppPath(folder)
}

function loadApp(target) {
  const location = path.resolve(target)
  const script = Module._resolveFilename(location, null, true)
  if (fs.statSync(location).isDirectory())
    takeIdentity(location)
  else
    app.setAppPath(path.dirname(script))
  process.argv.splice(1, process.argv.indexOf(target) - 1)
  Module._load(script, Module, true)
}

// Tells an app that it runs unpacked, as Electron's own default app does.
Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true })

const options = parseArguments(process.argv.slice(1))
if (options.version) {
  process.stdout.write(`v${process.versions.electron}\n`)
  process.exit(0)
}
if (!options.path) {
  process.stderr.write('Usage: electron PATH\n')
  process.exit(1)
}
try {
  if (options.modules.length > 0)
    Module._preloadModules(options.modules)
  loadApp(options.path)
}
catch (error) {
  process.stderr.write(`The app at ${options.path} failed while it was loaded:\n${error && error.stack ? error.stack : error}\n`)
  app.exit(1)
}
