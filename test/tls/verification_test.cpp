// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// Whom a session takes the peer for: who is believed, who is refused, and with which words.
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <elsewhere.hpp>
#include <faults.hpp>
#include <iostream>
#include <printing.hpp>
#include <string>
#include <tls_pair.hpp>
#include <trivium/blocking.hpp>

using namespace trivium;
using namespace trivium::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_numeric_address_is_verified_as_one_and_no_name_is_told) {
  for (auto const* const address : {"127.0.0.1", "::1"}) {
    tls_pair ends{trusting(), address};
    ends.shake();
    BOOST_TEST(no_error(ends.of_client));
    BOOST_TEST(SSL_get_servername(ends.server.native_session(), TLSEXT_NAMETYPE_host_name) == nullptr);
  }
  tls_pair ends{trusting(), "127.0.0.2"};
  ends.shake();
  BOOST_TEST(ends.of_client.error.value() == X509_V_ERR_IP_ADDRESS_MISMATCH);
}

BOOST_AUTO_TEST_CASE(the_dot_of_the_root_is_no_part_of_the_name) {
  tls_pair ends{trusting(), "localhost."};
  ends.shake();
  BOOST_TEST(no_error(ends.of_client));
}

BOOST_AUTO_TEST_CASE(without_a_host_to_verify_there_is_no_session) {
  std::string const with_a_zero{"localhost\0.elsewhere.example", 28};
  std::string const address_with_a_zero{"127.0.0.1\0.elsewhere.example", 28};
  std::string const too_long(254, 'x');
  for (std::string_view const host :
       {std::string_view{}, std::string_view{"."}, std::string_view{".localhost"},
        std::string_view{with_a_zero}, std::string_view{address_with_a_zero}, std::string_view{too_long},
        std::string_view{"local host"}, std::string_view{"localhost\n"}, std::string_view{" localhost"}}) {
    tls_pair ends{trusting(), host};
    trivium::test::faults seam;
    BOOST_TEST(blocking::handshake(ends.client).error == boost::system::errc::invalid_argument);
    BOOST_TEST(seam.moving_calls() == 0u);
  }
}

// OpenSSL's own reading takes each of them for 127.0.0.1, which the certificate names, or for ::1.
BOOST_AUTO_TEST_CASE(what_is_nearly_an_address_is_none) {
  for (auto const* const host :
       {" 127.0.0.1", "127.0.0.1 ", "127.0.0.01", "0127.0.0.1", "127.0.0.1\n", "127.1", "+127.0.0.1",
        "127.0.0.1x", "::1 ", " ::1", "[::1", "::1%lo", "0:0:0:0:0:0:0:00001"}) {
    tls_pair ends{trusting(), host};
    ends.shake();
    BOOST_TEST(!!ends.of_client.error, host);
    auto const names_it = ends.of_client.error == boost::system::errc::invalid_argument ||
                          ends.of_client.error.value() == X509_V_ERR_HOSTNAME_MISMATCH;
    BOOST_TEST(names_it, host << ": " << ends.of_client.error.message());
  }
  for (auto const* const host : {"127.0.0.1", "::1", "[::1]", "0:0:0:0:0:0:0:1", "0::0001", "::0.0.0.1"}) {
    tls_pair ends{trusting(), host};
    ends.shake();
    BOOST_TEST(no_error(ends.of_client));
  }
}

namespace {

void is_refused(identity const& who, int why, char const* word) {
  tls_pair ends{trusting(), "localhost", server_of(who)};
  ends.shake();
  BOOST_TEST(ends.of_client.error.category() == tls_verification_category());
  BOOST_TEST(ends.of_client.error.value() == why);
  BOOST_TEST(says(ends.of_client, word), ends.of_client.error.message());
  BOOST_TEST(!ends.of_client.connection_usable());
  // The server is told, and has no session either.
  BOOST_TEST(ends.of_server.error.category() == tls_category());
  BOOST_TEST(says(ends.of_server, "alert"), ends.of_server.error.message());
}

}  // namespace

BOOST_AUTO_TEST_CASE(another_host_is_refused) {
  is_refused(certificates::here().other_name, X509_V_ERR_HOSTNAME_MISMATCH, "another host name");
}
BOOST_AUTO_TEST_CASE(an_expired_certificate_is_refused) {
  is_refused(certificates::here().expired, X509_V_ERR_CERT_HAS_EXPIRED, "has expired");
}
BOOST_AUTO_TEST_CASE(a_certificate_of_tomorrow_is_refused) {
  is_refused(certificates::here().not_yet, X509_V_ERR_CERT_NOT_YET_VALID, "not valid yet");
}
BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_refused) {
  is_refused(certificates::here().self_signed, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed");
}
BOOST_AUTO_TEST_CASE(an_unknown_issuer_is_refused) {
  is_refused(certificates::here().of_a_stranger, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
             "not trusted here");
}

BOOST_AUTO_TEST_CASE(the_systems_issuers_do_not_know_the_tests_own) {
  tls_pair ends{tls_client_context::make().value()};
  ends.shake();
  BOOST_TEST(says(ends.of_client, "not trusted here"), ends.of_client.error.message());
}

// What was refused is refused before a byte of ours is on its way.
BOOST_AUTO_TEST_CASE(no_byte_is_sent_to_who_is_not_verified) {
  tls_pair ends{trusting(), "elsewhere.example"};
  std::string const secret = "secret";
  elsewhere server{[&] { return blocking::handshake(ends.server, a_minute); }};
  auto const sent = blocking::send_all(ends.client, secret, a_minute);
  BOOST_TEST(sent.error.value() == X509_V_ERR_HOSTNAME_MISMATCH);
  BOOST_TEST(sent.bytes == 0u);
  BOOST_TEST(!!server.result().error);
}

BOOST_AUTO_TEST_CASE(who_is_trusted_by_name_need_not_be_vouched_for) {
  auto const& self_signed = certificates::here().self_signed;
  tls_pair ends{tls_client_context::make({.ca_file = self_signed.certificate_file}).value(), "localhost",
                server_of(self_signed)};
  ends.shake();
  BOOST_TEST(no_error(ends.of_client));
}

// Whoever issued it: a root that is not named vouches for neither.
BOOST_AUTO_TEST_CASE(who_is_named_in_ca_file_is_trusted_be_it_the_peer_or_an_issuer_below_a_root) {
  auto const& here = certificates::here();
  auto const trusts = [&](std::string const& ca_file, identity const& who) {
    tls_pair ends{tls_client_context::make({.ca_file = ca_file}).value(), "localhost", server_of(who)};
    ends.shake();
    return ends.of_client.error;
  };
  BOOST_TEST(!trusts(here.good.certificate_file, here.good));
  BOOST_TEST(!trusts(here.intermediate_file, here.below_intermediate));
  BOOST_TEST(!trusts(here.ca_file, here.good));
  // No other of the same issuer is, none whose time is over, and no name but its own.
  BOOST_TEST(trusts(here.other_name.certificate_file, here.good).value() ==
             X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  BOOST_TEST(trusts(here.intermediate_file, here.good).value() ==
             X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  BOOST_TEST(trusts(here.expired.certificate_file, here.expired).value() == X509_V_ERR_CERT_HAS_EXPIRED);
  BOOST_TEST(trusts(here.other_name.certificate_file, here.other_name).value() ==
             X509_V_ERR_HOSTNAME_MISMATCH);
  // A root alone does not do for what an issuer below it has issued, if the peer does not show that one.
  BOOST_TEST(trusts(here.ca_file, here.below_intermediate).value() ==
             X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

BOOST_AUTO_TEST_CASE(a_server_trusts_clients_of_an_issuer_below_a_root) {
  auto const& here = certificates::here();
  auto const asks_for = [&](std::string const& issuer) {
    auto const client =
        tls_client_context::make({.ca_file = here.ca_file,
                                  .certificate_file = here.below_intermediate.certificate_file,
                                  .key_file = here.below_intermediate.key_file})
            .value();
    tls_pair ends{client, "localhost", server_of(here.good, {.client_ca_file = issuer})};
    ends.shake();
    return ends.of_server.error;
  };
  BOOST_TEST(!asks_for(here.intermediate_file));
  BOOST_TEST(asks_for(here.stranger_file).value() == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

BOOST_AUTO_TEST_CASE(a_client_may_verify_less_if_it_says_so) {
  auto const& here = certificates::here();
  auto const any_host =
      tls_client_context::make({.ca_file = here.ca_file, .check = tls_check::certificate}).value();
  auto const anyone = tls_client_context::make({.check = tls_check::nothing}).value();
  {
    tls_pair ends{any_host, "localhost", server_of(here.other_name)};
    ends.shake();
    BOOST_TEST(no_error(ends.of_client));
  }
  {
    tls_pair ends{any_host, "127.0.0.2", server_of(here.other_name)};
    ends.shake();
    BOOST_TEST(no_error(ends.of_client));
  }
  {
    tls_pair ends{any_host, "localhost", server_of(here.expired)};
    ends.shake();
    BOOST_TEST(ends.of_client.error.value() == X509_V_ERR_CERT_HAS_EXPIRED);
  }
  {
    tls_pair ends{anyone, "", server_of(here.self_signed)};
    ends.shake();
    BOOST_TEST(no_error(ends.of_client));
  }
}

BOOST_AUTO_TEST_CASE(a_server_may_ask_who_the_client_is) {
  auto const& here = certificates::here();
  auto const asking = server_of(here.good, {.client_ca_file = here.ca_file});
  auto const known = tls_client_context::make({.ca_file = here.ca_file,
                                               .certificate_file = here.other_name.certificate_file,
                                               .key_file = here.other_name.key_file})
                         .value();
  auto const stranger = tls_client_context::make({.ca_file = here.ca_file,
                                                  .certificate_file = here.of_a_stranger.certificate_file,
                                                  .key_file = here.of_a_stranger.key_file})
                            .value();
  {
    tls_pair ends{known, "localhost", asking};
    ends.shake();
    BOOST_TEST(no_error(ends.of_client));
    BOOST_TEST(no_error(ends.of_server));
  }
  {
    tls_pair ends{stranger, "localhost", asking};
    ends.shake();
    BOOST_TEST(ends.of_server.error.value() == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  }
  {
    tls_pair ends{trusting(), "localhost", asking};
    ends.shake();
    BOOST_TEST(says(ends.of_server, "did not return a certificate"), ends.of_server.error.message());
  }
}

namespace {

transfer_result as_the_page_shows(trivium::socket peer) {
  // page begins here
  auto const trust = trivium::tls_client_context::make().value();  // the issuers that the system trusts
  trivium::tls_session there{std::move(peer), trust, "example.org"};
  auto const shaken = trivium::blocking::handshake(there, {.timeout = 5s});
  if (shaken.error) std::cerr << shaken.error.message() << '\n';  // why the peer is refused
  // page ends here
  return shaken;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_the_page_of_tls_shows_refuses_who_is_not_example_org) {
  auto [near, far] = tcp_pair();
  tls_session server{std::move(far), server_of(certificates::here().good)};
  elsewhere peer{[&] { return blocking::handshake(server, a_minute); }};
  BOOST_TEST(as_the_page_shows(std::move(near)).error.category() == tls_verification_category());
}
