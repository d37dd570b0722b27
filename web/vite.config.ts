import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = 'http://127.0.0.1:8080'

/** Lay Swagger UI beside the page, for the server's own page at /api/docs. */
function swaggerUi(): Plugin {
  const wanted = ['swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'swagger-ui.css']
  return {
    name: 'swagger-ui',
    apply: 'build',
    generateBundle() {
      for (const name of [...wanted, 'LICENSE', 'NOTICE']) {
        const source = readFileSync(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)))
        this.emitFile({ type: 'asset', fileName: `swagger-ui/${name}`, source })
      }
    },
  }
}

export default defineConfig({
  plugins: [vue(), swaggerUi()],
  // The parts of vue-i18n nobody here uses stay out of the page.
  define: { __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': server, '/swagger-ui': server } },
  // Nothing becomes a data: URL, so the page works under "default-src 'self'".
  build: { assetsInlineLimit: 0 },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.spec.ts'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
})
