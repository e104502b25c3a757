// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/command.h"

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "gateway/base/json.h"
#include "tests/sim/smsc/control.h"
#include "tests/sim/smsc/control_client.h"
#include "tests/sim/smsc/phone.h"

namespace msggw::smsc {
namespace {

using boost::asio::ip::tcp;

/// "127.0.0.1:2775", "[::1]:0": an address, so that nothing has to be looked up.
tcp::endpoint parse_endpoint(const std::string& text, const char* option) {
  const auto wrong = [&] {
    return std::invalid_argument(std::string(option) + ": '" + text + "' is not ADDRESS:PORT");
  };
  const auto colon = text.rfind(':');
  if (colon == text.npos) throw wrong();
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  std::uint16_t port = 0;
  const auto [end, bad] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (error || bad != std::errc{} || end != text.data() + text.size()) throw wrong();
  return {address, port};
}

std::string url(const char* scheme, const std::string& address, std::uint16_t port) {
  return std::string(scheme) + "://" + address.substr(0, address.rfind(':')) + ":" +
         std::to_string(port);
}

void print_listeners(const SmscCommand& command, const Server& server, const HttpServer& http) {
  const std::string smpp =
      url(command.tls.certificate.empty() ? "smpp" : "smpps", command.smpp, server.port());
  const std::string control = url("http", command.control, http.port()) + "/smsc/v1";
  const auto width = static_cast<int>(std::max(smpp.size(), control.size()));
  std::printf("%-*s  ESMEs, SMPP 3.4\n%-*s  tester\nready\n", width, smpp.c_str(), width,
              control.c_str());
  std::fflush(stdout);
}

/// The campaign of the command line: begins when the first receiver has bound.
class OneCampaign {
 public:
  OneCampaign(Centre& centre, const std::string& json) : centre_(centre) {
    auto body = base::parse_json(json, {});
    if (!body || !body->is_object()) throw std::invalid_argument("--campaign: not a JSON object");
    const auto id = centre.start_campaign(body->get_object());
    if (!id) throw std::invalid_argument("--campaign: " + id.error().detail);
    id_ = *id;
  }
  /// To be asked now and then.
  bool is_over() const { return campaign().is_over(); }
  bool is_success() const { return campaign().is_success(); }
  void print() const {
    std::string line;
    base::append_json(line, campaign().report(id_));
    std::puts(line.c_str());
    std::fflush(stdout);
  }

 private:
  const Campaign& campaign() const { return *centre_.campaign(id_); }

  Centre& centre_;
  std::uint32_t id_ = 0;
};

/// What may stand behind an option, for its help.
std::string values_of(const Option& option) {
  struct Kind {
    std::string operator()(const Option::Choice& choice) const {
      std::string words;
      for (const auto& word : choice.words) {
        words += (words.empty() ? "" : "|") + std::string(word.text);
      }
      return words;
    }
    std::string operator()(const Option::Number&) const { return "N"; }
    std::string operator()(const Option::Real& real) const { return real.most > 1 ? "RATE" : "P"; }
    std::string operator()(Span Behaviour::*) const { return "TIME"; }
    std::string operator()(std::string Behaviour::*) const { return "NAME"; }
    std::string operator()(std::vector<std::string> Behaviour::*) const {
      return "SYSTEM_ID:PASSWORD";
    }
  };
  return std::visit(Kind{}, option.member);
}

void declare_behaviour(CLI::App& app, Behaviour& behaviour) {
  const auto defaults = to_json(behaviour);
  for (const Option& option : options()) {
    const auto set = [&behaviour, &option](const std::vector<std::string>& texts) {
      for (const std::string& text : texts) {
        if (auto done = set_option(behaviour, option, text); !done) {
          throw CLI::ValidationError(std::string(option.flag), done.error().detail);
        }
      }
    };
    auto* const added = app.add_option_function<std::vector<std::string>>(
        std::string(option.flag), set, std::string(option.help));
    added->type_size(1)->group("Behaviour (also PUT /smsc/v1/options)");
    const auto& value = defaults.at(option.key);
    if (value.is_array()) {
      added->expected(1, 1'000)->allow_extra_args(false)->type_name(values_of(option));
      continue;
    }
    std::string text;
    base::append_json(text, value);
    std::erase(text, '"');
    added->expected(1)->take_last()->type_name(values_of(option) + "=" + text);
  }
}

}  // namespace

CLI::App* declare(CLI::App& parent, SmscCommand& command) {
  CLI::App& app = *parent.add_subcommand(
      "smsc", "a test SMSC: SMPP 3.4 for ESMEs, HTTP for the tester, faults on request");
  app.add_option("--smpp", command.smpp, "where ESMEs connect; port 0 takes a free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--control", command.control, "where testers connect; port 0 takes a free one")
      ->type_name("[http://]ADDRESS:PORT")
      ->capture_default_str();
  auto* const certificate =
      app.add_option("--tls-cert", command.tls.certificate, "SMPP over TLS, with this certificate")
          ->type_name("FILE");
  auto* const key = app.add_option("--tls-key", command.tls.key, "its key")
                        ->type_name("FILE")
                        ->needs(certificate);
  certificate->needs(key);
  app.add_option("--tls-client-ca", command.tls.client_ca,
                 "ESMEs need a certificate of this authority")
      ->type_name("FILE")
      ->needs(certificate);
  declare_behaviour(app, command.behaviour);
  auto* const campaign =
      app.add_option("--campaign", command.campaign,
                     "MO load as POST /smsc/v1/campaigns takes it, when a receiver has bound")
          ->type_name("JSON");
  app.add_flag("--campaign-report", command.campaign_report,
               "print the campaign's result as one JSON line and end: 0 all accepted (and "
               "answered), 1 not")
      ->needs(campaign);
  app.footer(
      "Examples: msggw-sim smsc --account gw:secret --receipt-delay 2s --id-form hex-decimal\n"
      "          curl -s http://127.0.0.1:2780/smsc/v1/messages \\\n"
      "               -d '{\"from\":\"+491701234567\",\"to\":\"12345\",\"text\":\"hello\"}'");
  return &app;
}

Exit run(const SmscCommand& command) {
  Centre centre(command.behaviour);  // outlives `io`, whose handlers hold sessions
  boost::asio::io_context io(1);
  Server server(io, centre, parse_endpoint(command.smpp, "--smpp"), command.tls);
  Control control(centre, server);
  const std::string control_at(control_address(command.control));
  HttpServer http(io, parse_endpoint(control_at, "--control"), "--control",
                  [&control](HttpRequest request, HttpServer::Reply reply) {
                    control.handle(std::move(request), std::move(reply));
                  });
  std::optional<OneCampaign> campaign;
  if (!command.campaign.empty()) campaign.emplace(centre, command.campaign);
  const bool reports = campaign && command.campaign_report;
  server.on_tick([&] {
    control.check_times();
    if (reports && campaign->is_over()) io.stop();
  });
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  bool interrupted = false;
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    interrupted = true;
    io.stop();
  });
  server.start();
  http.start();
  print_listeners(command, server, http);
  io.run();
  if (!reports) return Exit::ok;
  campaign->print();
  if (interrupted) return Exit::not_all;
  return campaign->is_success() ? Exit::ok : Exit::not_all;
}

CLI::App* declare(CLI::App& parent, PhoneCommand& command) {
  CLI::App& app = *parent.add_subcommand(
      "phone", "a phone behind `msggw-sim smsc`: sends a short message, prints what comes back");
  app.add_option("--control", command.control, "the tester's interface of the SMSC")
      ->type_name("[http://]HOST:PORT")
      ->capture_default_str();
  app.add_option("--from", command.from, "the phone's number")->required()->type_name("NUMBER");
  app.add_option("--to", command.to, "the number of the service")->required()->type_name("NUMBER");
  app.add_option("text", command.text, "what it says")->capture_default_str();
  app.add_option("--wait", command.wait, "how long to wait for an answer")
      ->check(CLI::Range(0.0, 1e6, "0 to 1e6"))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_option("--retry", command.retry,
                 "send again after so long without an answer, and wait for an SMSC that is not "
                 "there yet; 0: neither")
      ->check(CLI::Range(0.0, 1e6, "0 to 1e6"))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_flag("--json", command.json, "print the short messages as JSON");
  app.add_flag("--once", command.once,
               "wait for the Service ID and print one JSON line, as `fleet --once` does");
  app.add_option("--service-id-after", command.service_id_after,
                 "what stands before the Service ID in the answer")
      ->type_name("TEXT")
      ->capture_default_str();
  app.footer("Exit codes: 0 answered; 1 no answer in time; 2 wrong usage, or no SMSC.");
  return &app;
}

}  // namespace msggw::smsc
