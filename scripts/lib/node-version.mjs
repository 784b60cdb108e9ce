/* eslint-disable prefer-template -- has to run on the oldest Node there may be, to say that it is too old */
import process from 'node:process'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error('Parley needs Node 20.19 or newer; this is ' + process.version + ' (' + process.execPath + ').')
  console.error('Install a newer one from your system\'s packages, a version manager (nvm, fnm, mise, volta)')
  console.error('or the installer of the Node project, then run the same command again.')
  process.exit(1)
}
