/* input.c: one line of stdin, with the echo of a terminal switched off. */
#include "cli/input.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "base/banned.h"

/* Bytes up to the end of the line; -1 if more came than there is room for. */
static long
read_line(char *line, size_t room)
{
	size_t n = 0;
	int byte;

	while ((byte = getchar()) != EOF && byte != '\n') {
		if (n == room)
			return -1;
		line[n++] = (char)byte;
	}
	return (long)(n > 0 && line[n - 1] == '\r' ? n - 1 : n);
}

/* Ask for it, where somebody sits at a terminal. */
static long
ask(const char *what, char *line, size_t room)
{
	struct termios shown, hidden;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return read_line(line, room);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s: ", what);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	long n = read_line(line, room);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return n;
}

const char *
input_secret(const struct cli *c, const char *what)
{
	char *line = arena_alloc(c->arena, INPUT_MAX + 1);

	setvbuf(stdin, NULL, _IONBF, 0);	/* no copy stays in a buffer */
	long n = isatty(STDIN_FILENO) ? ask(what, line, INPUT_MAX) : read_line(line, INPUT_MAX);
	if (n > 0 && memchr(line, '\0', (size_t)n) == NULL && text_is_utf8(line, (size_t)n)) {
		line[n] = '\0';
		return line;
	}
	output_refuse(c, arena_printf(c->arena, "give the %s on stdin, as its first line", what),
	    "stdin holds no %s: %s", what, n == 0 ? "its first line is empty" : n < 0 ? "its first line is too long" :
	    "its first line is not text");
	return NULL;
}
