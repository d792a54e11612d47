/** The application that the recipes for Nest are added to: it looks users up at the service `USERS_URL`. */

export const NEST_APP = `
import 'reflect-metadata'
import { HttpModule, HttpService } from '@nestjs/axios'
import { Controller, Get, Module, Param } from '@nestjs/common'
import { APP_FILTER, NestFactory } from '@nestjs/core'
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus'
import { firstValueFrom } from 'rxjs'
import { breaker, Circuits } from './circuits.js'
import { RefusalFilter } from './refusal-filter.js'

const close = breaker.close.bind(breaker)
breaker.close = async () => {
  await close()
  console.log('the breaker is closed')
}

@Controller()
class Users {
  constructor(
    private readonly http: HttpService,
    private readonly health: HealthCheckService,
  ) {}

  @Get('users/:name')
  async find(@Param('name') name: string): Promise<unknown> {
    return (await firstValueFrom(this.http.get('/' + name))).data
  }

  @Get('readyz')
  @HealthCheck()
  check() {
    return this.health.check([INDICATOR])
  }
}

@Module({
  imports: [HttpModule.register({ baseURL: process.env.USERS_URL, timeout: 2000 }), TerminusModule],
  controllers: [Users, Circuits],
  providers: [{ provide: APP_FILTER, useClass: RefusalFilter }],
})
class AppModule {}

export const app = await NestFactory.create(AppModule, { logger: false })
app.enableShutdownHooks()
`
