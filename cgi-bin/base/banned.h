/* banned.h: functions that this project does not use, so that the compiler says so.
 * Included last by every .c file. What to use instead stands behind each. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#define BANNED(name) sorry_##name##_is_banned

#undef strcpy
#define strcpy(a, b)	BANNED(strcpy)		/* arena_strdup */
#undef strcat
#define strcat(a, b)	BANNED(strcat)		/* arena_printf, buf_add */
#undef strncpy
#define strncpy(a, b, n) BANNED(strncpy)	/* arena_strndup */
#undef strncat
#define strncat(a, b, n) BANNED(strncat)	/* arena_printf */
#undef sprintf
#define sprintf(...)	BANNED(sprintf)		/* arena_printf, snprintf */
#undef vsprintf
#define vsprintf(...)	BANNED(vsprintf)	/* arena_vprintf */
#undef gets
#define gets(a)		BANNED(gets)		/* fgets */
#undef atoi
#define atoi(a)		BANNED(atoi)		/* text_to_int */
#undef atol
#define atol(a)		BANNED(atol)		/* text_to_int */
#undef strtok
#define strtok(a, b)	BANNED(strtok)		/* strcspn */
#undef rand
#define rand()		BANNED(rand)		/* secret_random */
#undef random
#define random()	BANNED(random)		/* secret_random */
#undef gmtime
#define gmtime(a)	BANNED(gmtime)		/* gmtime_r */
#undef localtime
#define localtime(a)	BANNED(localtime)	/* nothing here has a local time */
#undef FCGX_FPrintF
#define FCGX_FPrintF(...) BANNED(FCGX_FPrintF)	/* its %s of NULL kills the process */

#endif
