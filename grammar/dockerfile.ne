# The language of Dockerfiles: one logical instruction.
#
# lines/ has taken away directives, comments and blank lines, joined continued lines, and keeps the bodies
# of heredocs for later. A name with % is a token; white space between tokens is dropped by the lexer:
#
#   FROM ... SHELL      the first word of the line or after ONBUILD, in any case
#   flag                --name or --name=value, which quotes keep together; a lone -- ends them
#   word                up to the next blank, a heredoc marker too
#   text                all that is left
#   name equals value   NAME=value, cut at the first =; quotes and escapes keep blanks in it
#   legacyKey           the first word of ENV or LABEL, where no = is in it
#   check               the first word of HEALTHCHECK
#   open close comma string   of a JSON array, where all that is left is one
#   end                 the end of the line, so that a node is made once and not after each word
#
# Each rule's node is made by a function of post.ts.

@preprocessor esmodule
@{%
import { tokenTypes } from '../lexer.ts';
import * as post from '../post.ts';
%}
@lexer tokenTypes

instruction
    -> from                                         {% post.only %}
     | trigger                                      {% post.only %}
     | onbuild                                      {% post.only %}
     | maintainer                                   {% post.only %}

# FROM debian:bookworm AS build
from
    -> %FROM flags image %end                       {% post.from %}
     | %FROM flags image %AS stage %end             {% post.fromAs %}

image
    -> %word                                        {% post.word %}
     | %AS                                          {% post.word %}

stage
    -> %word                                        {% post.word %}
     | %AS                                          {% post.word %}

# ONBUILD COPY . /app
onbuild
    -> %ONBUILD flags trigger                       {% post.onbuild %}

# MAINTAINER somebody, deprecated
maintainer
    -> %MAINTAINER flags text %end                  {% post.maintainer %}

# What stands in a stage, and after ONBUILD.
trigger
    -> run                                          {% post.only %}
     | command_setting                              {% post.only %}
     | pairs_setting                                {% post.only %}
     | arg                                          {% post.only %}
     | files                                        {% post.only %}
     | words_setting                                {% post.only %}
     | text_setting                                 {% post.only %}
     | healthcheck                                  {% post.only %}

# RUN make install
run
    -> %RUN flags command %end                      {% post.run %}

# CMD ["nginx", "-g", "daemon off;"]
command_setting
    -> %CMD flags command %end                      {% post.commandSetting %}
     | %ENTRYPOINT flags command %end               {% post.commandSetting %}
     | %SHELL flags command %end                    {% post.commandSetting %}

# ENV PATH=/opt/bin:$PATH LANG=C
pairs_setting
    -> %ENV flags pairs %end                        {% post.pairsSetting %}
     | %LABEL flags pairs %end                      {% post.pairsSetting %}

# ARG VERSION=1.0 COMMIT
arg
    -> %ARG flags declarations %end                 {% post.arg %}

# COPY --from=build /out/app <<EOF /usr/local/bin/
files
    -> %ADD flags paths %end                        {% post.files %}
     | %COPY flags paths %end                       {% post.files %}

# EXPOSE 80/tcp 443
words_setting
    -> %EXPOSE flags words %end                     {% post.wordsSetting %}
     | %VOLUME flags paths %end                     {% post.wordsSetting %}

# WORKDIR /app
text_setting
    -> %USER flags text %end                        {% post.textSetting %}
     | %WORKDIR flags text %end                     {% post.textSetting %}
     | %STOPSIGNAL flags text %end                  {% post.textSetting %}

# HEALTHCHECK --interval=5s CMD curl -f http://localhost/
healthcheck
    -> %HEALTHCHECK flags %end                      {% post.emptyHealthcheck %}
     | %HEALTHCHECK flags %check command %end       {% post.healthcheck %}

# --from=build --link
flags
    -> null                                         {% post.none %}
     | flags flag                                   {% post.append %}

flag
    -> %flag                                        {% post.flag %}

# What a shell is to read, or ["program", "argument"]
command
    -> null                                         {% post.none %}
     | text                                         {% post.shellCommand %}
     | array                                        {% post.execCommand %}

# src dst, or ["src", "dst"]
paths
    -> words                                        {% post.only %}
     | array                                        {% post.arrayWords %}

# NAME=value OTHER=value, or the old form with one pair: NAME value
pairs
    -> pair                                         {% post.first %}
     | pairs pair                                   {% post.append %}
     | legacy_pair                                  {% post.first %}

pair
    -> %name %equals                                {% post.pair %}
     | %name %equals %value                         {% post.pair %}

legacy_pair
    -> %legacyKey %text                             {% post.legacyPair %}

# NAME OTHER=default
declarations
    -> declaration                                  {% post.first %}
     | declarations declaration                     {% post.append %}

declaration
    -> %name                                        {% post.declaration %}
     | %name %equals                                {% post.declaration %}
     | %name %equals %value                         {% post.declaration %}

words
    -> word                                         {% post.first %}
     | words word                                   {% post.append %}

word
    -> %word                                        {% post.word %}

text
    -> %text                                        {% post.word %}

# ["a", "b"]
array
    -> %open %close                                 {% post.array %}
     | %open strings %close                         {% post.array %}

strings
    -> string                                       {% post.first %}
     | strings %comma string                        {% post.appendAfterComma %}

string
    -> %string                                      {% post.string %}
