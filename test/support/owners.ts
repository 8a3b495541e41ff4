// Dockerfiles in which owners, modes, links, devices and users are everything: the same on every rung.

import { BUSYBOX } from './slipway.ts';

const DOCKERFILE = `${BUSYBOX.replace('FROM scratch', 'FROM scratch AS tools')}\
RUN mkdir -p /etc && printf 'root:x:0:0::/:/bin/sh\\nwww:x:33:33::/home/www:/bin/sh\\n' > /etc/passwd \
 && printf 'root:x:0:\\nwww:x:33:\\nextra:x:44:www\\n' > /etc/group
FROM tools AS work
COPY --chown=www:www --chmod=4755 tool /usr/bin/tool
COPY --chown=1234:65535 data /data
RUN mkdir -m 1777 /tmp && echo one > /data/one && ln /data/one /data/two && ln -s ../data/one /tmp/link \
 && touch /deep && chown 60000:60001 /deep && chmod 6711 /deep && rm /data/gone && mkfifo /data/pipe \
 && chown -R www:extra /data && chown -h 70000:70001 /tmp/link && mknod /null c 1 3 && mknod -m 640 /disk b 7 9
RUN mkdir -m 2775 /shared && chown 0:44 /shared && touch /shared/file && mkdir /shared/sub && echo x > /shared/sub/deep
RUN test "$(stat -c %u:%g /data/one)" = 33:44 && test "$(stat -c %u:%g /tmp/link)" = 70000:70001 \
 && test "$(stat -c '%F %u:%g' /null)" = 'character special file 0:0' && mv /tmp/link /tmp/moved && chown 33 /usr/bin/tool
WORKDIR /home/www
RUN chown www /home/www && su www -c 'id > by-su; mkdir su; touch su/file; ln -s file su/link'
USER www
RUN id > who && mkdir -m 700 private && touch private/file && chmod g+s private && (umask 077; touch closed) \
 && ! touch /etc/refused && ! chown root who && chgrp extra who
FROM scratch
COPY --from=work / /all
COPY --from=work --chown=5:6 /data/one /data/two /
RUN ["/all/bin/busybox", "touch", "/made"]
`;
/** What Debian's packages do when they are installed, and what people do after it. */
export const OWNERS_DEBIAN = `FROM debian:bookworm
RUN useradd -m -s /bin/bash app && groupadd extra && usermod -aG extra app && test "$(stat -c %u:%g /etc/shadow)" = 0:42
RUN mkdir /app && echo hi > /app/a && ln -s a /app/l && mkfifo /app/p && ln /app/a /app/h && chown -R app:extra /app \
 && chmod 4755 /app/a && chown app /app/a && test "$(stat -c %a /app/a)" = 755 && chmod 4755 /app/a
RUN su app -c 'id > ~/id; touch ~/x; mkdir ~/d; ln -s x ~/s; ! touch /etc/no; ! rm /etc/passwd; ! chmod 777 /app/..'
RUN setpriv --reuid=app --regid=app --init-groups sh -c 'id > /tmp/y; ! touch /root/no'
RUN mknod /null c 1 3 && mknod /disk b 7 0 && touch /var/local/inherits && mkdir /var/local/d
RUN cp -a /home/app /srv/app && tar -C /srv -cf - app | tar -C /mnt -xf - && mv /app/l /app/moved && chown -h 12:13 /app/moved
USER app
WORKDIR /home/app
RUN touch made && (umask 077; mkdir priv; echo s > priv/s) && ! chown root made && ! test -w /etc && chgrp extra made \
 && cp -a /app copy 2>/dev/null; stat -c '%u:%g %a %F %n' * > list
USER root
RUN find / -xdev -user app | sort > /owned && find / -xdev -perm /6000 | sort > /set
`;
/** A context whose image has many owners. */
export const OWNERS = {
  Dockerfile: DOCKERFILE,
  tool: '#!/bin/sh\n',
  'data/gone': '',
  'data/stays': 'x',
};
