/** Which folders of src-main a folder of src-main may import from, besides itself. */
const DIRECTIONS = {
  contract: [],
  lib: [],
  ports: ['lib'],
  // It implements the port that conversation speaks through.
  text: ['ports', 'lib'],
  // A take from the microphone to the recogniser: what conversation, dictation and captions begin with.
  listening: ['ports', 'lib'],
  conversation: ['listening', 'ports', 'text', 'lib'],
  dictation: ['listening', 'ports', 'text', 'lib'],
  captions: ['listening', 'ports', 'text', 'lib'],
  engines: ['ports', 'lib'],
  audio: ['ports', 'lib'],
  desktop: ['ports', 'lib'],
  storage: ['ports', 'lib'],
  models: ['ports', 'lib'],
  inference: ['ports', 'lib'],
  ipc: ['contract', 'conversation', 'dictation', 'captions', 'ports', 'lib'],
  preload: ['contract'],
  // What the app and the command line are both made of.
  core: ['conversation', 'dictation', 'listening', 'captions', 'engines', 'audio', 'desktop', 'storage', 'models', 'inference', 'text', 'ports', 'contract', 'lib'],
}

/** The folder in which a native module's one file lives. That it is one file is checked by test/architecture.test.ts. */
const NATIVE = {
  'naudiodon': 'src-main/audio/child/',
  'sherpa-onnx-node': 'src-main/inference/child/',
  'node-llama-cpp': 'src-main/inference/child/',
  '@photostructure/sqlite': 'src-main/storage/',
  'uiohook-napi': 'src-main/desktop/',
}

const directionRules = Object.entries(DIRECTIONS).map(([folder, allowed]) => ({
  name: `direction-${folder}`,
  comment: `src-main/${folder} imports only ${['itself', ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^src-main/${folder}/` },
  to: { path: '^src-(main|renderer)/', pathNot: `^src-main/(${[folder, ...allowed].join('|')})/` },
}))

const nativeRules = Object.entries(NATIVE).map(([name, folder]) => ({
  name: `native-${name.replaceAll(/[@/]/g, '-')}`,
  comment: `${name} is loaded only in ${folder}.`,
  severity: 'error',
  from: { pathNot: `^${folder}` },
  to: { path: `(^|node_modules/)${name}(/|$)` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...directionRules,
    ...nativeRules,
    {
      name: 'no-cycles',
      comment: 'Files that import each other cannot be understood, tested or loaded one by one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contract-imports-only-zod',
      severity: 'error',
      from: { path: '^src-main/contract/' },
      to: { pathNot: ['^src-main/contract/', '(^|node_modules/)zod(/|$)'] },
    },
    {
      name: 'lib-imports-only-node',
      severity: 'error',
      from: { path: '^src-main/lib/' },
      to: { pathNot: '^src-main/lib/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'electron-only-in-the-shell',
      comment: 'Everything but the shell runs, and is tested, in plain Node.',
      severity: 'error',
      from: { pathNot: '^src-main/(app|ipc|preload)/|^src-main/index\\.ts$' },
      to: { path: '(^|node_modules/)electron(/|$)' },
    },
    {
      name: 'renderer-knows-only-the-contract',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^src-main/', pathNot: '^src-main/contract/' },
    },
    {
      name: 'renderer-has-no-node',
      comment: 'Pages run sandboxed: there is no Node in them.',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'main-knows-no-page',
      severity: 'error',
      from: { path: '^src-main/' },
      to: { path: '^src-renderer/' },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      from: { path: '^src-(main|renderer)/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['\\?'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.css$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    moduleSystems: ['es6', 'cjs'],
    extraExtensionsToScan: ['.vue'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.d.ts', '.vue', '.js', '.mjs', '.cjs', '.json'],
    },
  },
}
