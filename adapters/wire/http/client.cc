// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/client.h"

#include <stdexcept>
#include <utility>

#include "adapters/wire/http/client_core.h"
#include "adapters/wire/tls/file_digest.h"

namespace msggw::http {

namespace {

tls::Options options_of(const ClientTls& files) {
  return {.ca = files.ca, .crl = files.crl, .certificate = files.certificate, .key = files.key};
}

std::shared_ptr<ClientCore> open_core(boost::asio::io_context& io, ClientOptions options) {
  if (options.version == Version::http2) return open_http2_client(io, std::move(options));
  return open_curl_client(io, std::move(options));
}

}  // namespace

base::Result<void> check_files(const ClientTls& files) {
  return tls::check_files(options_of(files));
}

std::string digest_of(const ClientTls& files) {
  return tls::digest_of(options_of(files));
}

ClientTrust::ClientTrust(const ClientTls& files, const char* protocols)
    : options_(options_of(files)) {
  options_.protocols = protocols;
  if (!files.ca.empty() || !files.crl.empty() || !files.certificate.empty() || !files.key.empty())
    context();
}

const tls::Context& ClientTrust::context() {
  if (context_ != nullptr) return context_;
  auto made = tls::make(options_);
  if (!made) throw std::runtime_error(made.error().detail);
  return context_ = std::move(*made);
}

Client::Client(boost::asio::io_context& io, ClientOptions options)
    : core_(open_core(io, std::move(options))) {}

Client::~Client() {
  core_->close();
}

std::size_t Client::room() const noexcept {
  return core_->room();
}

std::size_t Client::in_flight() const noexcept {
  return core_->in_flight();
}

void Client::start(ClientRequest request, Done done) {
  core_->start(std::move(request), std::move(done));
}

}  // namespace msggw::http
