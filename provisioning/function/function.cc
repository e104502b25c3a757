// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/function.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/log.h"
#include "provisioning/function/listeners.h"

namespace msggw::function {

namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : " ") + text;
  return out;
}

constexpr std::array kSchemes = {base::Scheme::https, base::Scheme::http,
                                 base::Scheme::coaps, base::Scheme::coaps_tcp,
                                 base::Scheme::coap,  base::Scheme::coap_tcp};
constexpr std::array kCoapSchemes = {base::Scheme::coaps, base::Scheme::coaps_tcp,
                                     base::Scheme::coap, base::Scheme::coap_tcp};

bool has(const std::vector<base::Scheme>& schemes, base::Scheme scheme) {
  return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
}

}  // namespace

Function::Function(const base::Context& context, const Options& options, storage::Store& store,
                   RandomSource random)
    : context_(context),
      options_(options),
      ledger_(store,
              {options.max_unanswered,
               Assigner(options.max_assignments, ServiceIdMaker(std::move(random)),
                        base::random_hash_key())},
              context.metrics,
              [this, alive = std::weak_ptr<int>(alive_)](std::uint64_t number) {
                boost::asio::post(context_.io, [this, alive, number] {
                  if (!alive.expired()) on_committed(CommitNo{number});
                });
              }),
      desk_({options.wire, options.service_id, options.allow_unknown_gateways},
            Policy(policy_of(options.policy), options.wire), ledger_, context.metrics),
      http_face_(context.io, desk_, options.max_unread_octets) {
  if (!options_.test.enabled) return;
  tester_ = std::make_unique<tester::Tester>(
      context_, options_.test, tester::Tester::Hooks{[this](base::Duration down, bool lose_store) {
        boost::asio::post(context_.io,
                          [this, alive = std::weak_ptr<int>(alive_), down, lose_store] {
                            if (!alive.expired()) restart(down, lose_store);
                          });
      }});
  trials_ = std::make_unique<Trials>(context_.io, *tester_, options_.wire);
  http_face_.watch(*trials_);
}

Function::~Function() {
  stop();
}

void Function::load() {
  const auto begin = context_.clock.now();
  ledger_.load();
  load_time_ = context_.clock.now() - begin;
}

std::unique_ptr<http::Server> Function::open_http(base::Scheme scheme, bool listens) {
  http::ServerOptions listener = http_listener(options_, scheme);
  listener.listens = listens;
  return std::make_unique<http::Server>(
      context_, listener,
      [this, scheme](const http::Request& request, const http::Responder& responder) {
        http_face_.handle(scheme, request, responder);
      },
      [this, scheme](const http::Request& request, std::uint64_t octets) {
        return http_face_.reads_body(scheme, request, octets);
      });
}

coap::ServerOptions Function::coap_listener_of(const Options& options, base::Scheme scheme) const {
  return coap_listener(options, scheme, [this]() -> const Gateways& { return desk_.gateways(); });
}

std::unique_ptr<CoapFace> Function::open_coap(base::Scheme scheme, bool listens) {
  coap::ServerOptions listener = coap_listener_of(options_, scheme);
  listener.listens = listens;
  auto face = std::make_unique<CoapFace>(context_, scheme, listener, desk_);
  if (trials_) face->watch(*trials_);
  return face;
}

void Function::open() {
  const auto wanted = schemes_to_open(options_, desk_.gateways().has_psk());
  tls_ = open_http(base::Scheme::https, has(wanted, base::Scheme::https));
  cleartext_ = open_http(base::Scheme::http, has(wanted, base::Scheme::http));
  for (const base::Scheme scheme : kCoapSchemes)
    coap_faces_.push_back(open_coap(scheme, has(wanted, scheme)));
}

std::uint16_t Function::port_of(base::Scheme scheme) const noexcept {
  if (base::is_coap(scheme)) return coap_port(scheme);
  return scheme == base::Scheme::https ? tls_port() : port();
}

std::vector<std::string> Function::api_roots() const {
  std::vector<std::string> roots;
  for (const base::Scheme scheme : kSchemes) {
    if (const std::uint16_t port = port_of(scheme); port != 0)
      roots.push_back(api_root(scheme, options_.address, port));
  }
  return roots;
}

void Function::start() {
  open();
  if (tester_) tester_->start();
  base::log::info("pf_ready", {{"addresses", joined(api_roots())},
                               {"assignments", ledger_.assignments()},
                               {"loaded_in", load_time_}});
}

/// What a tester sees of a Provisioning Function that is started again: the same addresses.
void Function::restart(base::Duration down, bool lose_store) {
  if (port() != 0) options_.port = port();
  if (tls_port() != 0) options_.tls_port = tls_port();
  for (const auto& face : coap_faces_) {
    if (face->port() == 0) continue;
    (base::is_secure(face->channel()) ? options_.coap.coaps_port : options_.coap.coap_port) =
        face->port();
  }
  stop();
  if (lose_store) ledger_.forget_all();
  base::log::warn("pf_test_restart", {{"down", down}, {"lost_store", lose_store}});
  open_again(down);
}

void Function::open_again(base::Duration pause) {
  const auto timer = std::make_shared<boost::asio::steady_timer>(context_.io);
  timer->expires_after(pause);
  timer->async_wait([this, timer, alive = std::weak_ptr<int>(alive_)](boost::system::error_code) {
    if (alive.expired()) return;
    stop();  // a restart during another one
    try {
      open();
    } catch (const std::exception& error) {
      base::log::error("pf_test_restart_failed", {{"reason", error.what()}});
      open_again(std::chrono::seconds(1));
    }
  });
}

Function::Prepared Function::prepare(const Options& options, bool has_psk) {
  const auto wanted = schemes_to_open(options, has_psk);
  Prepared prepared{options};
  for (const auto* server : {&tls_, &cleartext_}) {
    if (!*server) continue;  // it is being started again, by a tester
    const base::Scheme scheme = server == &tls_ ? base::Scheme::https : base::Scheme::http;
    http::ServerOptions listener = http_listener(options, scheme);
    listener.listens = has(wanted, scheme);
    prepared.http.push_back((*server)->prepare(listener));
  }
  for (const auto& face : coap_faces_) {
    coap::ServerOptions listener = coap_listener_of(options, face->channel());
    listener.listens = has(wanted, face->channel());
    prepared.coap.push_back(face->prepare(listener));
  }
  return prepared;
}

void Function::reconfigure(Prepared prepared) {
  options_ = std::move(prepared.options);
  desk_.allow_unknown_gateways(options_.allow_unknown_gateways);
  ledger_.limit_to(options_.max_unanswered, options_.max_assignments);
  http_face_.limit_to(options_.max_unread_octets);
  auto http = prepared.http.begin();
  for (const auto* server : {&tls_, &cleartext_}) {
    if (*server) (*server)->take(std::move(*http++));
  }
  for (std::size_t i = 0; i < prepared.coap.size(); ++i)
    coap_faces_.at(i)->take(std::move(prepared.coap[i]));
}

void Function::end_turn(base::TimePoint now) {
  ledger_.submit();
  desk_.log_refusals(now);
}

void Function::on_committed(CommitNo no) {
  ledger_.committed(no);
  http_face_.committed(no);
  for (const auto& face : coap_faces_) face->committed(no);
  ledger_.reclaim();
}

void Function::stop() noexcept {
  cleartext_.reset();
  tls_.reset();
  coap_faces_.clear();
  http_face_.drop_parked();
}

std::uint16_t Function::port() const noexcept {
  return cleartext_ ? cleartext_->port() : 0;
}
std::uint16_t Function::tls_port() const noexcept {
  return tls_ ? tls_->port() : 0;
}
std::uint16_t Function::coap_port(base::Scheme scheme) const noexcept {
  for (const auto& face : coap_faces_) {
    if (face->channel() == scheme) return face->port();
  }
  return 0;
}

}  // namespace msggw::function
