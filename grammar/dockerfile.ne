# The language of Dockerfiles: one logical instruction.
#
# preprocess.ts has taken away directives and comments, joined continued lines and kept the bodies of
# heredocs for later; lexer.ts drops white space and chooses between the shell and the JSON form.
# A name with % is a token of lexer.ts; each rule's result is made by a function of post.ts. The end of
# the line is a token, so that an instruction is put together once and not after each of its words.

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

# --from=build --link; a lone -- ends them and is no token
flags
    -> null                                         {% post.none %}
     | flags flag                                   {% post.append %}

flag
    -> %flag                                        {% post.flag %}

command
    -> null                                         {% post.none %}
     | text                                         {% post.shellCommand %}
     | array                                        {% post.execCommand %}

paths
    -> words                                        {% post.only %}
     | array                                        {% post.arrayWords %}

pairs
    -> pair                                         {% post.first %}
     | pairs pair                                   {% post.append %}
     | legacy_pair                                  {% post.first %}

pair
    -> %name %equals                                {% post.pair %}
     | %name %equals %value                         {% post.pair %}

legacy_pair
    -> %legacyKey %text                             {% post.legacyPair %}

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
