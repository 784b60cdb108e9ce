import antfu from '@antfu/eslint-config'

// Node 20 has no Object.groupBy, which the configuration's own composer calls.
Object.groupBy ??= (items, keyOf) => {
  const groups = Object.create(null)
  for (const [index, item] of [...items].entries())
    (groups[keyOf(item, index)] ??= []).push(item)
  return groups
}

export default antfu(
  {
    type: 'app',
    vue: true,
    typescript: true,
    // Written as documents, not as code.
    markdown: false,
    yaml: true,
    ignores: ['out', 'dist', 'coverage', 'test-results', 'test/fixtures/**', 'resources/models.json', '**/*.min.js'],
  },
  {
    name: 'parley/rules',
    rules: {
      // The order of keys in package.json follows how the project reads.
      'jsonc/sort-keys': 'off',
      // Functions are declared where they read best: what is called first comes first.
      'ts/no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
      'no-use-before-define': 'off',
      'no-console': 'error',
      'unicorn/error-message': 'error',
      // Micro-optimisations that cost more in reading than they save in running.
      'e18e/prefer-static-regex': 'off',
      'e18e/prefer-array-from-map': 'off',
      'e18e/prefer-timer-args': 'off',
      'jsdoc/require-returns-description': 'off',
    },
  },
  {
    name: 'parley/strict-types',
    files: ['**/*.ts', '**/*.vue'],
    rules: {
      'ts/no-explicit-any': 'error',
      // The compiler's noPropertyAccessFromIndexSignature asks for the opposite.
      'dot-notation': 'off',
      // It cannot tell that `signal.reason` is an error.
      'prefer-promise-reject-errors': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
      ],
    },
  },
  {
    name: 'parley/default-export-wanted',
    files: ['*.config.ts', '**/*.d.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    name: 'parley/scripts',
    files: ['scripts/**/*.mjs', 'scripts/**/*.js'],
    rules: {
      // Scripts are run by people, and a script's job is to print.
      'no-console': 'off',
      // An entry of a script is its top level.
      'antfu/no-top-level-await': 'off',
    },
  },
  {
    name: 'parley/default-app',
    files: ['scripts/lib/default-app/*.js'],
    rules: {
      'ts/no-require-imports': 'off',
      'strict': 'off',
    },
  },
)
