import vue from 'eslint-plugin-vue'
import accessibility from 'eslint-plugin-vuejs-accessibility'
import typescript from 'typescript-eslint'

const restrict = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
})
const network = {
  regex: '^@/api/(?!schema|use)',
  message: 'Components never fetch: call a useX composable.',
  allowTypeImports: true,
}
const otherFeatures = {
  regex: '^(@/features/|\\.\\./)',
  message: 'Features do not import each other: share through ui, search, tracking, session or api.',
}
const anyFeature = {
  regex: '^@/features/',
  message: 'What features share knows none of them.',
}
const ours = {
  regex: '^(@/(?!i18n/)|\\.\\./)',
  message: 'ui imports nothing of ours but i18n: take it as a prop.',
}

export default typescript.config(
  { ignores: ['dist', 'src/api/generated.ts'] },
  typescript.configs.strictTypeChecked,
  vue.configs['flat/recommended'],
  accessibility.configs['flat/recommended'],
  {
    languageOptions: {
      parserOptions: {
        parser: typescript.parser,
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        extraFileExtensions: ['.vue'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Only src/api fetches.' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // This parser does not see the types inside .vue files; vue-tsc does, and is as strict.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // A label may hold its control or name it.
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      // Layout is prettier's.
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/html-self-closing': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multi-word-component-names': ['error', { ignores: ['App'] }],
      // TypeScript says which props may be missing.
      'vue/require-default-prop': 'off',
    },
  },
  { files: ['src/api/**'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['src/**/*.vue'], rules: restrict(network) },
  { files: ['src/features/**'], rules: restrict(otherFeatures) },
  { files: ['src/features/**/*.vue'], rules: restrict(otherFeatures, network) },
  { files: ['src/search/**'], ignores: ['**/*.vue'], rules: restrict(otherFeatures) },
  { files: ['src/search/**/*.vue'], rules: restrict(otherFeatures, network) },
  { files: ['src/{cards,search,tracking}/**'], rules: restrict(anyFeature) },
  { files: ['src/{cards,search}/**/*.vue'], rules: restrict(anyFeature, network) },
  { files: ['src/ui/**'], ignores: ['**/*.spec.ts'], rules: restrict(ours) },
  { files: ['eslint.config.js'], extends: [typescript.configs.disableTypeChecked] },
)
