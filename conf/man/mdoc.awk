# mdoc.awk: a page of docs/ as a manual page (mdoc(7)). It knows the Markdown that docs/ is written in, and no other: headings,
# paragraphs, code, lists, tables, quotes of code, emphasis, links.
#
# Variables: title, section, about (one line), date; links, lines "FILE.md PAGE": where a link to another file leads.
BEGIN {
	n = split(links, row, "\n")
	for (i = 1; i <= n; i++)
		if (split(row[i], pair, " ") == 2)
			page_of[pair[1]] = pair[2]
	printf ".Dd %s\n.Dt %s %s\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", date, toupper(title), section, title, plain(about)
	heading("DESCRIPTION", ".Sh")
}

# --- text ---

function plain(s) {
	gsub(/\\/, "\\e", s)
	return s
}

# What stands between marks, as roff has it: code and strong text bold, emphasis slanted.
function inline(s,  out, c, i, rest, len) {
	for (out = ""; s != ""; ) {
		c = substr(s, 1, 1)
		rest = substr(s, 2)
		if (c == "`" && (i = index(rest, "`")) > 0) {
			out = out "\\fB" code(substr(rest, 1, i - 1)) "\\fP"
			s = substr(rest, i + 1)
		} else if (substr(s, 1, 2) == "**" && (i = index(substr(s, 3), "**")) > 0) {
			out = out "\\fB" inline(substr(s, 3, i - 1)) "\\fP"
			s = substr(s, i + 4)
		} else if (c == "*" && match(rest, /^[^* ][^*]*\*/)) {
			len = RLENGTH
			out = out "\\fI" inline(substr(rest, 1, len - 1)) "\\fP"
			s = substr(rest, len + 1)
		} else if (match(s, /^!?\[[^]]*\]\([^)]*\)/)) {
			len = RLENGTH
			out = out link_text(substr(s, 1, len))
			s = substr(s, len + 1)
		} else if (c == "\\") {
			# In a table, \| is a bar.
			out = out (substr(rest, 1, 1) == "|" ? "" : "\\e")
			s = rest
		} else {
			out = out c
			s = rest
		}
	}
	return out
}

# A hyphen of code is the character of ASCII, which can be copied; its spaces do not break.
function code(s) {
	gsub(/\\\|/, "|", s)
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	gsub(/ /, "\\ ", s)
	return s
}

# [text](target): the manual page where there is one, the address where it is one.
function link_text(s,  text, target, file) {
	text = s
	sub(/^!?\[/, "", text)
	sub(/\]\([^)]*\)$/, "", text)
	target = s
	sub(/^.*\]\(/, "", target)
	sub(/\)$/, "", target)
	file = target
	sub(/#.*/, "", file)
	sub(/^.*\//, "", file)
	if (file in page_of)
		return (text ~ /\.md$/ ? "" : inline(text) " in ") "\\fB" page_of[file] "\\fP"
	if (target ~ /^https?:/)
		return inline(text) " <" code(target) ">"
	return inline(text)
}

# Lines of running text: a sentence begins a line, and none is longer than a terminal.
function text_out(s,  word, n, i, line) {
	n = split(inline(s), word, /[ \t\n]+/)
	line = ""
	for (i = 1; i <= n; i++) {
		if (word[i] == "")
			continue
		if (line != "" && (width(line) + width(word[i]) > 76 || line ~ /[.!?][)"]?(\\fP)?$/)) {
			line_out(line)
			line = ""
		}
		line = line == "" ? word[i] : line " " word[i]
	}
	if (line != "")
		line_out(line)
}

# As mandoc counts: it writes a character that is not of ASCII as \[uXXXX].
function width(s,  k, t) {
	t = s
	k = gsub(/[^\t -~]/, "", t)
	return length(s) + 2 * k
}

function line_out(line) {
	print (line ~ /^[.']/ ? "\\&" : "") line
}

# --- blocks ---

function heading(s, macro) {
	gsub(/`/, "", s)
	# Behind a full stop or bracket mandoc wants to know that it is meant.
	print macro " " plain(macro == ".Sh" ? toupper(s) : s) (s ~ /[].)?!:;,]$/ ? "\\&" : "")
	fresh = 1
}

# A gap, but where something has just begun.
function gap() {
	if (!fresh)
		print ".Pp"
	fresh = 0
}

function end_text() {
	if (text != "" && !item)
		gap()
	if (text != "")
		text_out(text)
	text = ""
}

function end_list() {
	end_text()
	if (list != "")
		print ".El"
	list = ""
	item = 0
}

function end_code() {
	if (in_code) {
		print ".Ed"
		fresh = 0
	}
	in_code = fenced = blanks = 0
}

function begin_code() {
	end_text()
	print ".Bd -literal -offset indent"
	in_code = 1
}

function code_line(s) {
	for (; blanks > 0; blanks--)
		print ""
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	line_out(s)
}

# A row of a table: its first cell is what it is about, the others follow it.
function table_row(s,  cell, n, i) {
	gsub(/\\\|/, "\001", s)
	sub(/^\| */, "", s)
	sub(/ *\|$/, "", s)
	n = split(s, cell, / *\| */)
	for (i = 1; i <= n; i++)
		gsub(/\001/, "|", cell[i])
	if (s ~ /^[-| :]*$/) {
		ruled = 1
		return
	}
	if (!ruled) {
		for (i = 1; i <= n; i++)
			name[i] = cell[i]
		return
	}
	print ".It " (cell[1] == "" ? "\\&" : protect(inline(cell[1])))
	for (i = 2; i <= n; i++) {
		if (cell[i] == "")
			continue
		if (i > 2)
			print ".br"
		text_out((i < n && name[i] != "" ? "*" name[i] ":* " : "") cell[i])
	}
}

# Arguments of a macro: a word that is a macro's name must not be one, nor a quotation mark count.
function protect(s) {
	gsub(/"/, "\\(dq", s)
	return "\"" s "\""
}

/^```/ {
	if (fenced) {
		end_code()
	} else {
		end_code()
		end_list()
		begin_code()
		fenced = 1
	}
	next
}
fenced { code_line($0); next }
in_code && /^$/ { blanks++; next }
in_code && !/^    / { end_code() }
in_code { code_line(substr($0, 5)); next }
/^    / && text == "" && !item { begin_code(); code_line(substr($0, 5)); next }
/^\|/ {
	if (!in_table) {
		end_list()
		print ".Bl -tag -width Ds"
		in_table = 1
		ruled = 0
	}
	table_row($0)
	next
}
in_table { print ".El"; in_table = 0; fresh = 0 }
/^# / { next }
/^## / { end_list(); heading(substr($0, 4), ".Sh"); next }
/^###+ / { end_list(); sub(/^#+ /, ""); heading($0, ".Ss"); next }
/^$/ {
	end_text()
	if (list != "")
		maybe_over = 1
	next
}
/^(- |[0-9]+\. )/ {
	end_text()
	kind = /^-/ ? "bullet" : "enum"
	if (list != kind) {
		end_list()
		print ".Bl -" kind
		fresh = 0
	}
	list = kind
	sub(/^(-|[0-9]+\.) +/, "")
	print ".It"
	item = 1
	maybe_over = 0
	text = $0
	next
}
maybe_over && !/^ / { end_list(); maybe_over = 0 }
maybe_over { print ".Pp"; maybe_over = 0 }
{ sub(/^ +/, ""); sub(/^> ?/, ""); text = text == "" ? $0 : text " " $0 }
END {
	if (in_table)
		print ".El"
	end_code()
	end_list()
	print ".Sh SEE ALSO"
	text_out(see)
}
