# What samples/04-heredocs-and-mounts makes, for builders that know no here-documents.
FROM debian:bookworm AS report
COPY data /data
RUN { echo '# Landed fish'; echo '## by boat'; \
      awk -F, 'NR > 1 { k[$1] += $3 } END { for (i in k) print i, k[i] }' /data/catches.csv | sort; \
      echo '## by fish'; \
      awk -F, 'NR > 1 { k[$2] += $3 } END { for (i in k) print i, k[i] }' /data/catches.csv | sort; \
    } > /report.md

FROM busybox
COPY --from=report /report.md /report.md
RUN mkdir /out && { cat /report.md; echo 9; } > /out/summary.txt && rm /report.md
RUN echo lo > /out/interfaces.txt && echo none > /out/token.txt
CMD ["cat", "/out/summary.txt"]
