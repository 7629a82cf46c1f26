# A small image that runs as nobody. Build it with the digests of both bases pinned:
#   docker build --build-arg BUILD=rust:1.95-slim-trixie@sha256:… --build-arg BASE=gcr.io/distroless/cc-debian13:nonroot@sha256:… -t mcp-vouch .
ARG BUILD=rust:1.95-slim-trixie
ARG BASE=gcr.io/distroless/cc-debian13:nonroot

FROM ${BUILD} AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc g++ libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY rules rules
COPY benches benches
RUN cargo build --release --locked

FROM ${BASE}
COPY --from=build /source/target/release/mcp-vouch /usr/local/bin/mcp-vouch
USER nonroot
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/mcp-vouch"]
CMD ["--help"]
