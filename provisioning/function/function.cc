#include "provisioning/function/function.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/log.h"

namespace msggw::function {

namespace {

Assigner make_assigner(const Options& options, RandomSource random) {
  const auto most_octets =
      std::min(options.wire.service_id_octets, AssignmentRecord::kMostTextOctets);
  return Assigner(
      options.max_assignments,
      ServiceIdMaker(options.policy.service_id_template, most_octets, std::move(random)),
      base::random_hash_key());
}

boost::asio::ip::address numeric(const std::string& address) {
  boost::system::error_code error;
  auto parsed = boost::asio::ip::make_address(address, error);
  if (error) {
    throw std::runtime_error("[pf] address \"" + address + "\" is not a numeric IP address");
  }
  return parsed;
}

std::string root_of(const char* scheme, const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return std::string(scheme) + "://" + (v6 ? "[" + address + "]" : address) + ":" +
         std::to_string(port);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : " ") + text;
  return out;
}

}  // namespace

Function::Function(boost::asio::io_context& io, const Options& options, storage::Store& store,
                   const base::Clock& clock, base::metrics::Registry& metrics, RandomSource random)
    : io_(io),
      options_(options),
      clock_(clock),
      metrics_(metrics),
      ledger_(store, {options.max_unanswered}, make_assigner(options, std::move(random)), metrics,
              [this, alive = std::weak_ptr<int>(alive_)](std::uint64_t number) {
                boost::asio::post(io_, [this, alive, number] {
                  if (!alive.expired()) on_committed(CommitNo{number});
                });
              }),
      face_(options.wire, response_template(options.policy, options.wire), ledger_, metrics) {}

Function::~Function() {
  stop();
}

void Function::load() {
  const auto begin = clock_.now();
  ledger_.load();
  load_time_ = clock_.now() - begin;
}

http::ServerOptions Function::listener(const char* name, std::uint16_t port) const {
  http::ServerOptions listener;
  listener.name = name;
  listener.address = options_.address;
  listener.port = port;
  listener.max_connections = options_.max_connections;
  // Above the limit of the protocol, so that a body which is a little too large gets a problem
  // document.
  listener.max_body_octets = 4 * options_.wire.body_octets;
  return listener;
}

std::unique_ptr<http::Server> Function::open(const http::ServerOptions& listener) {
  return std::make_unique<http::Server>(
      io_, listener, metrics_, [this](const http::Request& request, http::Responder responder) {
        face_.handle(request, responder);
      });
}

void Function::start() {
  const bool with_tls = !options_.tls.certificate.empty();
  const bool with_cleartext = options_.allow_cleartext || numeric(options_.address).is_loopback();
  if (!with_tls && !with_cleartext) {
    throw std::runtime_error("[pf] address " + options_.address +
                             " is not a loopback address: name a certificate in [pf.tls], or set "
                             "allow_cleartext = true");
  }
  if (with_tls) {
    auto secured = listener("pf_tls", options_.tls_port);
    secured.tls = options_.tls;
    tls_ = open(secured);
    api_roots_.push_back(root_of("https", options_.address, tls_->port()));
  }
  if (with_cleartext) {
    cleartext_ = open(listener("pf", options_.port));
    api_roots_.push_back(root_of("http", options_.address, cleartext_->port()));
  }
  base::log::info("pf_ready", {{"addresses", joined(api_roots_)},
                               {"assignments", ledger_.assignments()},
                               {"loaded_in", load_time_}});
}

void Function::end_turn(base::TimePoint now) {
  ledger_.submit();
  face_.log_refusals(now);
}

void Function::on_committed(CommitNo no) {
  ledger_.committed(no);
  face_.committed(no);
  ledger_.reclaim();
}

void Function::stop() noexcept {
  cleartext_.reset();
  tls_.reset();
  face_.drop_parked();
}

std::uint16_t Function::port() const noexcept {
  return cleartext_ ? cleartext_->port() : 0;
}
std::uint16_t Function::tls_port() const noexcept {
  return tls_ ? tls_->port() : 0;
}

}  // namespace msggw::function
